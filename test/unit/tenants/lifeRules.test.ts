import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTenants } from "../../../tenants/load.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { refusal } from "../../support/fixtures/read.ts";

const parsed = (...tenants: unknown[]): readonly Tenant[] => parseTenants(JSON.stringify({ tenants }), "f");
const lines = (...tenants: unknown[]): string[] => refusal(JSON.stringify({ tenants })).message.split("\n");

describe("a removal", () => {
  test("is confirmed by the id and a date, which the tenant then has", () => {
    const removed = { id: "acme", state: "removed", confirm: "acme 2024-02-29", access: { enabled: false } };
    expect(parsed(removed, { id: "hooli" })).toMatchObject([
      { state: "removed", removedOn: "2024-02-29", access: { enabled: false } },
      { state: "running", removedOn: undefined },
    ]);
  });

  test("of a tenant that is renamed at once is confirmed by the new id", () => {
    const removed = { id: "acme-corp", renamedFrom: "acme", state: "removed" };
    expect(parsed({ ...removed, confirm: "acme-corp 2026-11-21" })).toHaveLength(1);
    expect(lines({ ...removed, confirm: "acme 2026-11-21" })).toEqual([
      expect.stringContaining('write "confirm: acme-corp 2026-11-21"'),
    ]);
  });

  test.each([
    ...[
      "",
      "acme",
      "acme ",
      "2026-11-21",
      "2026-11-21 acme",
      " acme 2026-11-21",
      "acme 2026-11-21 ",
      "ACME 2026-11-21",
    ],
    ...[
      "acme 2026-11-21 yes",
      "acme\t2026-11-21",
      "acme 2026-1-1",
      "acme 20261121",
      "acme 2026-02-30",
      "acme 2026-13-01",
    ],
    ...["acme 2026-00-10", "acme 2026-11-21T10:00:00Z", "hooli 2026-11-21", "acme-corp 2026-11-21", "acme today"],
  ])("is not confirmed by %j, and the message's own words confirm it", (confirm) => {
    const removed = { id: "acme", state: "removed" };
    const [line = "", ...others] = lines({ ...removed, confirm });
    expect(others).toEqual([]);
    const [, words] = /write "confirm: ([^"]+)", with today's date$/.exec(line) ?? [];
    expect(parsed({ ...removed, confirm: words })).toHaveLength(1);
  });

  test("keeps the date that was written when only the id is wrong", () => {
    expect(lines({ id: "acme", state: "removed", confirm: "acme-co 2026-12-31" }).join()).toContain("acme 2026-12-31");
  });

  test.each([{}, { state: "running" }, { state: "stopped" }])("that is not there is not confirmed: %j", (fields) => {
    expect(lines({ id: "acme", ...fields, confirm: "acme 2026-11-21" })).toEqual([
      expect.stringContaining('.confirm: got "acme 2026-11-21", expected no confirmation'),
    ]);
  });

  test("is not judged by values that were refused", () => {
    expect(lines({ id: "acme", state: "remove", confirm: "acme 2026-11-21" })).toHaveLength(1);
    expect(lines({ id: "acme", state: "removed", confirm: 20261121 })).toHaveLength(1);
    expect(lines({ id: "Acme", state: "removed", confirm: "acme 2026-11-21" })).toHaveLength(1);
    expect(lines({ state: "removed", confirm: "acme 2026-11-21" })).toHaveLength(1);
  });
});

describe("a renamed tenant", () => {
  test.each([
    ["acme", ["acme"]],
    [["acme"], ["acme"]],
    [
      ["acme", "acme-co"],
      ["acme", "acme-co"],
    ],
  ])("keeps the names that %j gave it", (renamedFrom, formerIds) => {
    expect(parsed({ id: "acme-corp", renamedFrom })).toMatchObject([
      { id: "acme-corp", origin: "acme", formerIds, owner: "acme", database: "acme" },
    ]);
  });

  test("has the role and the database that its entry names", () => {
    const [tenant] = parsed({ id: "acme-corp", renamedFrom: "acme-eu", user: "app" });
    expect(tenant).toMatchObject({ origin: "acme-eu", owner: "app", database: "acme_eu" });
  });

  test("gets its first id back with all its names", () => {
    expect(parsed({ id: "acme", renamedFrom: ["acme", "acme-corp"] })).toMatchObject([
      { id: "acme", origin: "acme", owner: "acme", formerIds: ["acme-corp"] },
    ]);
  });

  test.each([
    [["acme-one", "acme"], 1],
    [["acme-one", "acme", "acme-two"], 1],
    [["acme", "acme"], 1],
    [["acme"], 0],
    [["acme-one", "acme-two", "acme-one"], 2],
  ])("of id acme did not have the ids %j before", (renamedFrom, place) => {
    expect(lines({ id: "acme", renamedFrom })[0]).toContain(`.renamedFrom[${place}]: got`);
  });

  test.each([
    ["has", { id: "acme" }],
    ["has, in another form", { id: "ACME" }],
    ["had", { id: "hooli", renamedFrom: ["hooli-old", "acme"] }],
    ["had as its first", { id: "hooli", renamedFrom: "acme" }],
  ])("did not have an id that another tenant %s, on whichever side of it", (_, other) => {
    const renamed = { id: "acme-corp", renamedFrom: "acme" };
    const told = /renamedFrom.*: got "acme", expected an id that no other tenant has or had: tenants\[[01]\] does/;
    expect(lines(renamed, other)).toContainEqual(expect.stringMatching(told));
    expect(lines(other, renamed)).toContainEqual(expect.stringMatching(told));
  });

  test("does not swap its id with another", () => {
    expect(lines({ id: "acme", renamedFrom: "hooli" }, { id: "hooli", renamedFrom: "acme" })).toHaveLength(2);
  });
});

test("an adopted volume belongs to one tenant; names of volumes know upper case", () => {
  expect(parsed({ id: "acme", volume: "data" }, { id: "hooli", volume: "Data" })).toHaveLength(2);
  const twice = [
    { id: "acme", volume: "data" },
    { id: "hooli", volume: "data" },
  ];
  expect(lines(...twice, { id: "globex", volume: "data" })).toEqual([
    expect.stringContaining('tenants[1] ("hooli").volume: got "data", expected a volume of its own: tenants[0] has'),
    expect.stringContaining('tenants[2] ("globex").volume: got "data", expected a volume of its own: tenants[0] has'),
  ]);
});

const someId = fc.constantFrom("aaa", "bbb", "ccc", "a-a", "ddd");
const entry = fc.record(
  {
    id: someId,
    renamedFrom: fc.oneof(someId, fc.array(someId, { minLength: 1, maxLength: 3 })),
    volume: fc.constantFrom("one", "two"),
  },
  { requiredKeys: ["id"] },
);

test("of the files that are accepted, in none do two tenants share a volume or an id, had or has", () => {
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 4 }), (entries) => {
      const tenants = acceptedOrNone(entries);
      accepted += tenants.length > 1 ? 1 : 0;
      const volumes = tenants.map(({ origin, adoptedVolume }) => adoptedVolume ?? `ours.${origin}`);
      expect(new Set(volumes).size).toBe(volumes.length);
      const ids = tenants.flatMap(({ id, formerIds }) => [...new Set([id, ...formerIds])]);
      expect(new Set(ids).size).toBe(ids.length);
    }),
    { numRuns: 2000 },
  );
  expect(accepted).toBeGreaterThan(50);
});

function acceptedOrNone(entries: readonly unknown[]): readonly Tenant[] {
  try {
    return parsed(...entries);
  } catch {
    return [];
  }
}
