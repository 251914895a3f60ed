import { describe, expect, test } from "vitest";
import { stackNames } from "../../../components/names.ts";
import type { Transition } from "../../../components/transitions.ts";
import { lostVolumes, orphanedVolumes, takenOver, unreadableBackups } from "../../../components/volumeChecks.ts";
import { lastTenant, tenant } from "../../support/tenants.ts";

const there = new Set(["pgtenants-dev.acme", "somebody-elses"]);
const nothing = new Set<string>();
const renamed = tenant({ id: "acme-corp", origin: "acme", formerIds: ["acme"] });

function following(listed: Transition["listed"], last: Record<string, ReturnType<typeof lastTenant>>): Transition {
  return {
    listed,
    last: new Map(Object.entries(last)),
    names: stackNames("dev"),
    tenantsFile: "tenants/tenants.yaml",
    deletionProtection: true,
    now: new Date("2026-11-21T12:00:00Z"),
  };
}

describe("a volume that is gone", () => {
  test("is an error for a tenant that had one, renamed or not, running or stopped", () => {
    for (const entry of [tenant(), tenant({ state: "stopped" }), renamed]) {
      const [line] = lostVolumes(following([entry], { acme: lastTenant() }), nothing);
      expect(line).toContain(`got no volume pgtenants-dev.acme, expected it, with the data of "${entry.id}"`);
    }
  });

  test("is none for a new tenant, a removed one, and one whose volume is there", () => {
    expect(lostVolumes(following([tenant()], {}), nothing)).toEqual([]);
    const removed = tenant({ state: "removed", removedOn: "2026-11-21" });
    expect(lostVolumes(following([removed], { acme: lastTenant() }), nothing)).toEqual([]);
    expect(lostVolumes(following([tenant()], { acme: lastTenant() }), there)).toEqual([]);
    const trial = lastTenant({ until: "2026-11-29T12:00:00.000Z" });
    expect(lostVolumes(following([tenant({ lifeSeconds: 3600 })], { acme: trial }), nothing)).toEqual([]);
  });
});

describe("the entry of a removed tenant that was renamed", () => {
  const last = { "acme-corp": lastTenant({ state: "removed" }) };

  test("stays for as long as its data is kept", () => {
    const [line] = orphanedVolumes(following([], last), there);
    expect(line).toContain('got a list without "acme-corp", expected its entry for as long as its data is kept');
    expect(line).toContain('"- { id: acme-corp, renamedFrom: acme, state: removed, confirm: acme-corp 2026-11-21 }"');
  });

  test("may go when the volume is gone, when another entry leads to it, and where data is not protected", () => {
    expect(orphanedVolumes(following([], last), nothing)).toEqual([]);
    expect(orphanedVolumes(following([tenant()], last), there)).toEqual([]);
    expect(orphanedVolumes({ ...following([], last), deletionProtection: false }, there)).toEqual([]);
  });

  test("may go of a tenant with its first id, whom the id alone brings back", () => {
    expect(orphanedVolumes(following([], { acme: lastTenant({ state: "removed" }) }), there)).toEqual([]);
  });
});

describe("a kept volume", () => {
  test("is told of when a new tenant takes it over", () => {
    expect(takenOver(following([tenant()], {}), there)).toEqual([
      '"acme" takes over the kept volume pgtenants-dev.acme, with all data of the tenant that had it; for an empty one, first: pgt purge acme',
    ]);
  });

  test("is nothing to tell where it is the tenant's already, was named in the entry, or is not there", () => {
    expect(takenOver(following([tenant()], { acme: lastTenant() }), there)).toEqual([]);
    expect(takenOver(following([tenant({ adoptedVolume: "somebody-elses" })], {}), there)).toEqual([]);
    expect(takenOver(following([tenant()], {}), nothing)).toEqual([]);
  });
});

describe("the backups of a removed tenant that leaves the list", () => {
  const kept = new Set(["pgtenants-dev.acme_backups"]);
  const removed = lastTenant({ state: "removed" });

  test("are told to lose their key, with the words that keep it", () => {
    expect(unreadableBackups(following([], { acme: removed }), kept)).toEqual([
      '"acme" leaves the list, and with it the key to its backups in the volume pgtenants-dev.acme_backups: nobody can read them any more; ' +
        'to keep them, put back "- { id: acme, state: removed, confirm: acme 2026-11-21 }"',
    ]);
    expect(unreadableBackups(following([], { "acme-corp": removed }), kept)).toHaveLength(1);
    const [line] = unreadableBackups(following([], { acme: { ...removed, instance: true } }), kept);
    expect(line).toContain('confirm: acme 2026-11-21 }" under instances');
  });

  test("are nothing to tell of where they are gone, the entry stays, or the tenant is not removed", () => {
    expect(unreadableBackups(following([], { acme: removed }), there)).toEqual([]);
    expect(unreadableBackups(following([tenant({ state: "removed" })], { acme: removed }), kept)).toEqual([]);
    expect(unreadableBackups(following([renamed], { acme: removed }), kept)).toEqual([]);
    expect(unreadableBackups(following([], { acme: lastTenant() }), kept)).toEqual([]);
  });
});
