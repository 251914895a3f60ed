import { describe, expect, test } from "vitest";
import type { Backups } from "../../../cli/pgt/backups.ts";
import { whyOutOfReach, withClone } from "../../../cli/pgt/commands/clone.ts";
import { parseTenants } from "../../../tenants/load.ts";

const now = new Date("2026-11-21T12:00:00Z");
const found: Backups = {
  enabled: true,
  backups: [],
  from: new Date("2026-11-20T02:00:00Z"),
  lastArchived: new Date("2026-11-21T11:00:00Z"),
  archiving: { failing: false, waiting: 0, since: undefined },
  failure: undefined,
  damaged: undefined,
  drill: undefined,
  inPlace: undefined,
};

describe("a target", () => {
  test.each<[string, Partial<Backups>]>([
    ["latest", {}],
    ["latest", { from: undefined }],
    ["immediate", {}],
    ["xid 1234", {}],
    ["2026-11-20 02:00:00Z", {}],
    // What was not archived yet is archived first.
    ["2026-11-21 11:59:59Z", {}],
    ["2026-11-21 12:59:59+01", {}],
    ["2026-11-21 10:59:59Z", { enabled: false }],
  ])("%s may be tried, case %#", (at, differences) => {
    expect(whyOutOfReach(at, { ...found, ...differences }, now)).toBeUndefined();
  });

  test.each<[string, Partial<Backups>, string]>([
    ["yesterday", {}, 'got --to "yesterday", expected "latest"'],
    ["2026-11-21 11:00:00", {}, "expected"],
    ["2026-11-20 01:59:59Z", {}, "expected a time after 2026-11-20T02:00:00.000Z"],
    ["2026-11-21 12:00:01Z", {}, "expected a time before 2026-11-21T12:00:00.000Z"],
    ["2026-11-21 11:00:01Z", { enabled: false }, "expected a time before 2026-11-21T11:00:00.000Z"],
    ["2026-11-21 11:00:00Z", { from: undefined }, "no backup yet"],
    ["latest", { enabled: false }, "its backups are off"],
  ])("%s is out of reach, case %#", (at, differences, why) => {
    expect(whyOutOfReach(at, { ...found, ...differences }, now)).toContain(why);
  });
});

test("a clone is as large as the tenant that it is one of, and keeps the file's comments", () => {
  const file = "tenants:\n  # the first\n  - { id: acme, plan: small, memory: 512 MB, disk: 20 GB }\n";
  const [source] = parseTenants(file, "tenants.yaml");
  if (source === undefined) throw new Error("no tenant");
  const edited = withClone(file, source, "acme-copy", "2026-11-20 02:00:00Z", "tenants.yaml");
  expect(edited).toContain("# the first");
  const [, copy] = parseTenants(edited, "tenants.yaml");
  expect(copy).toMatchObject({
    id: "acme-copy",
    memoryMiB: 512,
    diskMiB: 20_480,
    from: {
      source: "acme",
      at: { type: "time", value: "2026-11-20 02:00:00.000+00" },
    },
  });
});
