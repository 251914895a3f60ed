import { describe, expect, test } from "vitest";
import { renderList, stateOf } from "../../../cli/pgt/commands/list.ts";
import { renderRetired, retiredVolumes, withMeasures } from "../../../cli/pgt/commands/retired.ts";
import { error, ok, warning } from "../../../cli/pgt/finding.ts";
import { type Health, healthOf, type Look, renderHealth, worst } from "../../../cli/pgt/renderHealth.ts";
import { tenantNamed } from "../../../cli/pgt/tenants.ts";
import type { Answer } from "../../../cli/renderStatus.ts";
import { stackNames } from "../../../components/names.ts";
import { parseTenants } from "../../../tenants/load.ts";
import { tenantOutput } from "../../support/stackOutputs.ts";

const names = stackNames("dev");
const tenants = parseTenants(
  `tenants:
  - id: acme-corp
    renamedFrom: acme
  - { id: globex, state: removed, confirm: globex 2026-11-21 }
  - { id: hooli, volume: old_hooli }
`,
  "tenants.yaml",
);

test.each([
  ["running", "running", "running"],
  ["running", "exited", "down (exited)"],
  ["running", undefined, "not deployed"],
  ["stopped", undefined, "stopped"],
  ["stopped", "running", "running, to be stopped"],
  ["removed", undefined, "removed"],
] as const)("a tenant that is to be %s and whose container is %s", (state, container, expected) => {
  expect(stateOf({ state }, container === undefined ? undefined : { state: container })).toBe(expected);
});

test("the list has a line for each tenant, and for containers of others", () => {
  const common = { port: 5432, plan: "small", memoryMiB: 256, diskMiB: 10_240 };
  const access = { enabled: true, allow: [], maxConnectionsPerIp: 40 };
  const listed = [
    { ...common, id: "acme", host: "acme.db.example.com", state: "running", access },
    { ...common, id: "globex", host: "globex.db.example.com", state: "stopped", access: { ...access, enabled: false } },
    {
      ...common,
      id: "hooli",
      host: "hooli.db.example.com",
      state: "running",
      access: { ...access, allow: ["192.0.2.0/24"] },
    },
    {
      ...common,
      id: "initech",
      host: "initech.db.example.com",
      state: "running",
      access: { ...access, allow: ["::/0", "0.0.0.0/0"] },
    },
  ];
  expect(renderList(listed, ["umbrella"])).toMatchInlineSnapshot(`
    "TENANT    HOST                         STATE            PLAN   MEMORY  DISK   ACCESS
    acme      acme.db.example.com:5432     running          small  256 MB  10 GB  everybody
    globex    globex.db.example.com:5432   stopped          small  256 MB  10 GB  off
    hooli     hooli.db.example.com:5432    running          small  256 MB  10 GB  192.0.2.0/24
    initech   initech.db.example.com:5432  running          small  256 MB  10 GB  2 networks
    umbrella  -                            not in the file  -      -       -      -
    "
  `);
});

describe("retired volumes", () => {
  const volumes = ["acme", "globex", "umbrella"].map((tenant) => ({ name: names.tenant(tenant), tenant }));

  test("are those of removed tenants and of none in the file; a renamed tenant's has its first id", () => {
    expect(retiredVolumes(volumes, tenants, names)).toEqual([
      { id: "globex", volume: "pgtenants-dev.globex", inTheFile: true },
      { id: "umbrella", volume: "pgtenants-dev.umbrella", inTheFile: false },
    ]);
  });

  test("get size and age from what is measured; one without a cluster has no age", () => {
    const measured = withMeasures(retiredVolumes(volumes, tenants, names), "0 48 1795000000\n1 1 \n");
    expect(measured.map(({ sizeMiB, since }) => [sizeMiB, since])).toEqual([
      [48, "2026-11-18T11:06:40.000Z"],
      [1, undefined],
    ]);
    expect(renderRetired(measured)).toMatchInlineSnapshot(`
      "TENANT    VOLUME                  SIZE   STOPPED ON  BACK, OR GONE FOR GOOD
      globex    pgtenants-dev.globex    48 MB  2026-11-18  pgt start globex, or pgt purge globex
      umbrella  pgtenants-dev.umbrella  1 MB   -           pgt create umbrella, or pgt purge umbrella
      "
    `);
    expect(renderRetired([])).toBe("No data of removed tenants is kept.\n");
  });
});

describe("health", () => {
  const use = { memoryMiB: 30, diskMiB: 120, connections: 3, diskTier: "ok" };
  const now = new Date("2026-11-21T12:00:00Z");
  const look: Look = {
    use,
    backups: {
      enabled: true,
      backups: [],
      from: undefined,
      lastArchived: new Date("2026-11-21T11:59:20Z"),
      archiving: { failing: false, waiting: 0, since: undefined },
      failure: undefined,
      damaged: undefined,
      drill: undefined,
      inPlace: undefined,
    },
  };
  const withBackups = (backups: Partial<Look["backups"]>): Look => ({ use, backups: { ...look.backups, ...backups } });
  const quick: Answer = { kind: "answered", milliseconds: 50 };
  const health = (answer: Answer, running = true, seen: Look | string = look) =>
    healthOf({ id: "acme", tenant: tenantOutput("acme"), answer }, running, seen);
  const around = { router: { running: true, certificate: ok("certificate", "fine") }, offsite: undefined };

  test.each<[string, Health, string, number]>([
    ["a quick answer", health(quick), "healthy", 0],
    ["a slow answer", health({ kind: "answered", milliseconds: 2500 }), "degraded", 1],
    ["no answer", health({ kind: "failed", reason: "no answer within 5 s" }), "error", 2],
    ["no container", health({ kind: "closed" }, false, "No such container"), "error", 2],
    ["stopped on purpose", health({ kind: "stopped" }, false, "stopped"), "healthy", 0],
    ["closed on purpose", health({ kind: "closed" }), "healthy", 0],
    ["a disk that fills up", health(quick, true, { ...look, use: { ...use, diskTier: "warning" } }), "degraded", 1],
    ["use that cannot be read", health(quick, true, "no such script"), "degraded", 1],
    ["backups that are off", health(quick, true, withBackups({ enabled: false })), "healthy", 0],
    [
      "WAL that is not archived",
      health(quick, true, withBackups({ archiving: { failing: true, waiting: 3, since: now } })),
      "degraded",
      1,
    ],
    [
      "a backup that failed",
      health(quick, true, withBackups({ failure: { at: now, type: "full", said: "no space" } })),
      "degraded",
      1,
    ],
  ])("%s", (_, one, level, code) => {
    expect(one.level).toBe(level);
    expect(one.reasons.length === 0).toBe(level === "healthy");
    expect(worst([one], around)).toBe(code);
  });

  test.each([
    [{ router: { running: false, certificate: ok("certificate", "") } }, 2],
    [{ router: { running: true, certificate: error("certificate", "ended", "") } }, 2],
    [{ router: { running: true, certificate: warning("certificate", "ends", "") } }, 1],
    [{ offsite: warning("off-site copies", "late: acme", "") }, 1],
    [{ offsite: ok("off-site copies", "") }, 0],
  ])("what all share counts as well: case %#", (other, code) => {
    expect(worst([health({ kind: "stopped" }, false, "stopped")], { ...around, ...other })).toBe(code);
  });

  test("a table, then what is wrong, then the sum", () => {
    const healths = [
      health(quick, true, withBackups({ failure: { at: now, type: "full", said: "no space" } })),
      health({ kind: "failed", reason: "no answer within 5 s" }, false, "gone"),
    ];
    const router = { running: false, certificate: warning("certificate", "ends in 3 days", "renew") };
    const offsite = warning("off-site copies", "late: acme", "pgt offsite");
    expect(renderHealth(healths, { router, offsite }, now)).toMatchInlineSnapshot(`
      "TENANT  HEALTH    ANSWER  MEMORY           DISK             CONNECTIONS  BACKUP    WAL   DRILL
      acme    degraded  50 ms   30 MB of 256 MB  120 MB of 10 GB  3            none yet  40 s  none yet
      acme    error     NONE    -                -                -            -         -     -

      acme: its last backup failed at 2026-11-21T12:00:00.000Z: no space
      acme: no answer within 5 s
      acme: its container does not run
      router: its container does not run
      certificate: ends in 3 days
      off-site copies: late: acme
      0 healthy, 1 degraded, 1 in error
      "
    `);
  });
});

test.each([
  ["acme", "did you mean acme-corp?"],
  ["hoolli", "did you mean hooli?"],
  ["nobody", "take one of acme-corp, globex or hooli"],
])("no tenant %s: the nearest is named, by its earlier id as well", (id, fix) => {
  expect(() => tenantNamed(tenants, id)).toThrow(
    expect.objectContaining({ message: `no tenant "${id}" in the file`, fix }),
  );
});
