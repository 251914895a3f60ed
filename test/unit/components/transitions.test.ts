import { describe, expect, test } from "vitest";
import type { LastTenant } from "../../../components/lastDeployment.ts";
import { stackNames } from "../../../components/names.ts";
import { newFirst, previousOf, refusals, type Transition, volumeOf } from "../../../components/transitions.ts";
import { lastTenant, tenant } from "../../support/tenants.ts";

const names = stackNames("dev");
const globexVolume = { volume: "pgtenants-dev.globex" };
const removed = { state: "removed", removedOn: "2026-11-21" } as const;

function refusing(
  listed: Transition["listed"],
  last: Record<string, LastTenant>,
  differences: Partial<Transition> = {},
): string[] {
  const now = new Date("2026-11-21T12:00:00Z");
  const fixed = { names, tenantsFile: "tenants/tenants.yaml", deletionProtection: true, now };
  return refusals({ ...fixed, listed, last: new Map(Object.entries(last)), ...differences });
}

describe("a list that may follow the last deployment", () => {
  test.each<[string, Transition["listed"], Record<string, LastTenant>]>([
    ["the same tenants", [tenant()], { acme: lastTenant() }],
    ["a new one", [tenant(), tenant({ id: "globex", origin: "globex" })], { acme: lastTenant() }],
    ["one that stops", [tenant({ state: "stopped" })], { acme: lastTenant() }],
    ["a removal that was confirmed today", [tenant(removed)], { acme: lastTenant() }],
    [
      "a removal that was carried out long ago",
      [tenant({ ...removed, removedOn: "2020-01-01" })],
      { acme: lastTenant({ state: "removed" }) },
    ],
    ["a removed one that is taken out", [], { acme: lastTenant({ state: "removed" }) }],
    ["a renamed one", [tenant({ id: "acme-corp", origin: "acme", formerIds: ["acme"] })], { acme: lastTenant() }],
    [
      "a renamed one, afterwards",
      [tenant({ id: "acme-corp", origin: "acme", formerIds: ["acme"] })],
      { "acme-corp": lastTenant() },
    ],
    [
      "a new one that begins with another's backups",
      [
        tenant(),
        tenant({
          id: "copy",
          origin: "copy",
          from: { source: "acme", at: { type: "latest" } },
        }),
      ],
      { acme: lastTenant() },
    ],
    [
      "one that began with another's backups, which is gone since",
      [tenant({ from: { source: "globex", at: { type: "latest" } } })],
      { acme: lastTenant() },
    ],
    ["one whose volume was never made", [tenant()], { acme: lastTenant({ volume: undefined }) }],
  ])("%s", (_, listed, last) => {
    expect(refusing(listed, last)).toEqual([]);
  });

  test("without deletion protection a tenant may vanish", () => {
    expect(refusing([], { acme: lastTenant() }, { deletionProtection: false })).toEqual([]);
  });
});

describe("a list that is refused", () => {
  test("a new tenant that is to begin with the backups of nobody", () => {
    const from = { source: "globex", at: { type: "latest" } } as const;
    expect(refusing([tenant({ from })], {})).toEqual([
      'tenants/tenants.yaml: "acme": got from: { clone: globex }, expected the id of a tenant in this file, for the key to its backups; ' +
        'put "globex" back, or take from out where the data of "acme" is kept',
    ]);
  });

  test("a tenant vanished: the words to write instead, for each", () => {
    const lines = refusing([], { acme: lastTenant(), globex: lastTenant({ ...globexVolume, state: "stopped" }) });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe(
      'tenants/tenants.yaml: got a list without "acme", expected every tenant of this stack; put back "- id: acme". ' +
        'To remove it and keep its data: "- { id: acme, state: removed, confirm: acme 2026-11-21 }". ' +
        'If it has another id now: "renamedFrom: acme" in that entry',
    );
    expect(lines[1]).toContain('without "globex"');
  });

  test("an instance vanished: nothing here, since its entry is in another list", () => {
    expect(refusing([], { "shared-1": lastTenant({ instance: true }) })).toEqual([]);
  });

  test("a rename that was undone: the words for each way on", () => {
    const [line] = refusing([tenant()], { "acme-corp": lastTenant() });
    expect(line).toContain('put back "- { id: acme-corp, renamedFrom: acme }"');
    expect(line).toContain('"- { id: acme-corp, renamedFrom: acme, state: removed, confirm: acme-corp 2026-11-21 }"');
    expect(line).toContain('If it has another id now: "renamedFrom: [acme, acme-corp]"');
    const followed = tenant({ id: "acme", origin: "acme", formerIds: ["acme", "acme-corp"] });
    expect(refusing([followed], { "acme-corp": lastTenant() })).toEqual([]);
  });

  test("a tenant whose volume was taken over vanished", () => {
    const [line] = refusing([], { acme: lastTenant({ volume: "sysnee_pgdata_1" }) });
    expect(line).toContain('put back "- { id: acme, volume: sysnee_pgdata_1 }"');
    expect(line).toContain('"renamedFrom: acme, volume: sysnee_pgdata_1" in that entry');
  });

  test("a renamed tenant without its earlier id would leave its data behind", () => {
    const last = { "acme-corp": lastTenant() };
    const [line] = refusing([tenant({ id: "acme-corp", origin: "acme-corp" })], last);
    expect(line).toContain(
      'leads to the volume pgtenants-dev.acme-corp, expected pgtenants-dev.acme, which holds its data; write "renamedFrom: acme" in it',
    );
  });

  test("renamed twice, the first id must stay the first", () => {
    const twice = tenant({ id: "acme-inc", origin: "acme-corp", formerIds: ["acme-corp"] });
    expect(refusing([twice], { "acme-corp": lastTenant() })[0]).toContain('write "renamedFrom: [acme, acme-corp]"');
  });

  test("another volume for a tenant that has one", () => {
    expect(refusing([tenant({ adoptedVolume: "other" })], { acme: lastTenant() })[0]).toContain(
      "leads to the volume other, expected pgtenants-dev.acme, which holds its data; take renamedFrom and volume out of it",
    );
  });

  test.each(["2026-11-01", "2026-11-23"])("a removal that was confirmed on %s", (removedOn) => {
    const [line] = refusing([tenant({ ...removed, removedOn })], { acme: lastTenant() });
    expect(line).toContain(
      `confirmed on ${removedOn}, expected one of the last 14 days; write "confirm: acme 2026-11-21"`,
    );
  });

  test("a volume that was taken over, without the earlier id that names its backups, with or without deletion protection", () => {
    const was = lastTenant({ volume: "theirs", repository: "pgtenants-dev.acme_backups" });
    const corp = tenant({ id: "acme-corp", origin: "acme-corp", adoptedVolume: "theirs" });
    for (const deletionProtection of [true, false]) {
      expect(refusing([corp], { "acme-corp": was }, { deletionProtection })).toEqual([
        'tenants/tenants.yaml: "acme-corp": got an entry that leads to backups in pgtenants-dev.acme-corp_backups, expected pgtenants-dev.acme_backups, ' +
          'which holds them; write "renamedFrom: acme" in it, before other earlier ids',
      ]);
    }
    // The words, followed, let it through.
    expect(refusing([{ ...corp, origin: "acme", formerIds: ["acme"] }], { "acme-corp": was })).toEqual([]);
  });

  test("a tenant renamed to an id that is in use", () => {
    const listed = [tenant({ id: "globex", origin: "acme", formerIds: ["acme"] })];
    const lines = refusing(listed, { acme: lastTenant(), globex: lastTenant(globexVolume) });
    expect(lines.join("\n")).toContain('got renamedFrom "acme", expected an id that is free for it');
  });
});

test("a tenant's volume has the first id's name, or that of the volume that was taken over", () => {
  expect(volumeOf(tenant({ id: "acme-corp", origin: "acme" }), names)).toBe("pgtenants-dev.acme");
  expect(volumeOf(tenant({ adoptedVolume: "sysnee_pgdata_1" }), names)).toBe("sysnee_pgdata_1");
});

test("the latest of its ids that the state knows is what a tenant was before", () => {
  const last = new Map([["acme", lastTenant({ address: "198.18.0.9" })]]);
  expect(previousOf({ id: "acme-inc", formerIds: ["acme", "acme-corp"] }, last)?.address).toBe("198.18.0.9");
  expect(previousOf({ id: "globex", formerIds: [] }, last)).toBeUndefined();
});

test("tenants that were never made come first, and the order is otherwise that of the list; a renamed one is not new", () => {
  const last = new Map([
    ["acme", lastTenant()],
    ["globex", lastTenant()],
  ]);
  const listed = [
    tenant(),
    tenant({ id: "initech" }),
    tenant({ id: "globex-eu", origin: "globex", formerIds: ["globex"] }),
    tenant({ id: "hooli" }),
  ];
  expect(newFirst(listed, last).map(({ id }) => id)).toEqual(["initech", "hooli", "acme", "globex-eu"]);
});
