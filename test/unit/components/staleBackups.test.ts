import { expect, test } from "vitest";
import { allowedAgeHours, type BackupLook, newestBackup, staleBackup } from "../../../components/staleBackups.ts";
import { tenant } from "../../support/tenants.ts";

const now = new Date("2026-11-21T12:00:00Z");
const ago = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
const refusal = (look: Partial<BackupLook>, differences: Parameters<typeof tenant>[0] = {}) =>
  staleBackup(
    { tenant: tenant(differences), runsAs: "acme", because: ["image", "command"] },
    { startedAt: ago(1000), newest: ago(50), ...look },
    { tenantsFile: "tenants.yaml", now },
  );

test("a tenant is not restarted on a backup that is older than its schedule allows; the words say what to do", () => {
  expect(refusal({})).toEqual([
    'tenants.yaml: "acme": got a change that restarts it (image, command) while its newest good backup ended 2026-11-19T10:00:00.000Z, ' +
      "expected one of the last 49 hours, by its schedule; make one first: pgt backup acme. To restart it all the same: " +
      '"confirmRestart: acme 2026-11-21" in its entry. Nothing was changed',
  ]);
});

test.each<[string, Partial<BackupLook>, string]>([
  ["no backup at all", { newest: undefined }, "while it has no good backup,"],
  ["no answer", { newest: "psql: timeout" }, "while its backups cannot be asked: psql: timeout,"],
])("nor on %s", (_, look, words) => {
  expect(refusal(look).join()).toContain(words);
});

test.each<[string, Partial<BackupLook>, Parameters<typeof tenant>[0]]>([
  ["a backup that is recent enough", { newest: ago(48) }, {}],
  ["too little time for one since its start", { startedAt: ago(48), newest: undefined }, {}],
  ["a container that does not run", { startedAt: undefined, newest: undefined }, {}],
  ["a confirmation of today", {}, { restartConfirmedOn: "2026-11-21" }],
  ["one of two weeks ago", {}, { restartConfirmedOn: "2026-11-07" }],
  ["backups turned off", {}, { backup: { ...tenant().backup, enabled: false } }],
  ["no schedule", {}, { backup: { ...tenant().backup, full: "never", incremental: "never" } }],
])("it is with %s", (_, look, differences) => {
  expect(refusal(look, differences)).toEqual([]);
});

test.each(["2026-11-05", "2026-11-23"])("a confirmation of %s is not one of this deployment", (restartConfirmedOn) => {
  expect(refusal({}, { restartConfirmedOn })).toHaveLength(1);
});

test("what is allowed follows from the schedules", () => {
  const allowed = (full: string, incremental: string) =>
    allowedAgeHours({ backup: { ...tenant().backup, full, incremental } });
  expect(allowed("0 2 * * 0", "0 2 * * 1-6")).toBe(49);
  expect(allowed("0 2 * * 0", "never")).toBe(337);
  expect(allowed("never", "never")).toBeUndefined();
});

test("the newest backup is the newest good one", () => {
  const printed = (...backup: object[]) => JSON.stringify({ enabled: "yes", info: [{ backup }] });
  const [good, bad] = [
    { error: false, timestamp: { stop: 1000 } },
    { error: true, timestamp: { stop: 2000 } },
  ];
  expect(newestBackup(printed(good, { timestamp: { stop: 500 } }, bad))).toEqual(new Date(1_000_000));
  expect(newestBackup(printed(bad))).toBeUndefined();
  expect(newestBackup('{"info":[]}')).toBeUndefined();
  expect(() => newestBackup('{"info":7}')).toThrow();
});
