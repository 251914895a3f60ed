import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LastShared } from "../../../components/lastDeployment.ts";
import { sharedRefusals } from "../../../components/sharedAdmission.ts";
import { sharedPassword } from "../../../components/sharedPassword.ts";
import { poolOf, renderPools } from "../../../components/sharedPools.ts";
import { type LastPort, placePorts } from "../../../components/sharedPorts.ts";
import { renderSharedSpec, sharedSpec } from "../../../components/sharedSpec.ts";
import { sharedRoutes, summarize } from "../../../components/tenantOutputs.ts";
import { parseList } from "../../../tenants/load.ts";
import type { SharedTenant } from "../../../tenants/sharedTenant.ts";
import { settings } from "../../support/settings.ts";
import { lastTenant, tenant } from "../../support/tenants.ts";

const now = new Date("2026-11-21T12:00:00Z");

/** Tenants on shared-1 of these ids, with what else their entries say. */
function onShared(...entries: readonly string[]): readonly SharedTenant[] {
  const lines = entries.map((entry) => `  - { isolation: database, instance: shared-1, ${entry} }\n`);
  return parseList(`instances: [{ id: shared-1 }]\ntenants:\n${lines.join("")}`, "f").shared;
}

const first = (...entries: readonly string[]): SharedTenant => {
  const [tenant] = onShared(...entries);
  if (tenant === undefined) throw new Error("no tenant");
  return tenant;
};

describe("sharedPassword", () => {
  test("is 32 letters and digits, the same for the same, and another for anything else", () => {
    const password = sharedPassword("key", "acme", 1);
    expect(password).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(sharedPassword("key", "acme", 1)).toBe(password);
    const others = [
      sharedPassword("yek", "acme", 1),
      sharedPassword("key", "acmf", 1),
      sharedPassword("key", "acme", 2),
    ];
    expect(new Set([password, ...others]).size).toBe(4);
  });
});

describe("names on an instance", () => {
  test("say nothing of the tenant, and stay what they were when it is renamed", () => {
    const acme = first("id: acme");
    expect(acme.owner).toMatch(/^t_[0-9a-f]{20}$/);
    expect(acme.database).toBe(acme.owner);
    const renamed = first("id: acme-eu, renamedFrom: acme");
    expect([renamed.owner, renamed.database]).toEqual([acme.owner, acme.database]);
  });

  test("are what the entry says", () => {
    expect(first("id: acme, user: app, database: orders")).toMatchObject({ owner: "app", database: "orders" });
  });
});

describe("placePorts", () => {
  const ids = fc.uniqueArray(fc.stringMatching(/^[a-z]{3,8}$/), { minLength: 1, maxLength: 40 });
  const made = (names: readonly string[]) => names.map((id) => ({ ...first("id: acme"), id, origin: id }));

  test("gives everybody a port of its own that stays, whoever comes or goes, in whatever order", () => {
    fc.assert(
      fc.property(ids, ids, (before, after) => {
        const placed = placePorts(made(before), new Map());
        const last = new Map(placed.map(({ id, port }): [string, LastPort] => [id, { instance: "shared-1", port }]));
        const again = placePorts(made(after), last);
        expect(new Set(again.map(({ port }) => port)).size).toBe(after.length);
        for (const { id, port } of again) if (last.has(id)) expect(port).toBe(last.get(id)?.port);
        const reversed = placePorts(made(after.toReversed()), last);
        expect(new Map(reversed.map(({ id, port }) => [id, port]))).toEqual(
          new Map(again.map(({ id, port }) => [id, port])),
        );
      }),
    );
  });

  test("gives nobody the port of one that goes at the same time", () => {
    const [gone] = placePorts([first("id: acme")], new Map());
    const last = new Map([["acme", { instance: "shared-1", port: gone?.port }]]);
    // The slot that the hash names for an id is taken by whoever had it.
    const [taker] = placePorts([{ ...first("id: acme"), id: "other" }], last);
    expect(taker?.port).not.toBe(gone?.port);
  });
});

describe("the pools of an instance", () => {
  const [acme, globex] = placePorts(onShared("id: acme", "id: globex, access: { enabled: false }"), new Map());

  test("lead to one database and let one role in", () => {
    if (acme === undefined) throw new Error("no tenant");
    expect(poolOf(acme)).toMatchObject({
      database: acme.database,
      role: acme.owner,
      mode: "session",
      size: 40,
      maxClients: 40,
    });
  });

  test("are there for whoever may be reached", () => {
    if (acme === undefined || globex === undefined) throw new Error("no tenant");
    const lines = renderPools([globex, acme]).split("\n");
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["acme", "end", ""]);
  });

  test("end their sessions when other networks are let in", () => {
    if (acme === undefined) throw new Error("no tenant");
    const closer = { ...acme, access: { ...acme.access, allow: ["203.0.113.0/24"] } };
    expect(poolOf(closer).sessions).not.toBe(poolOf(acme).sessions);
  });
});

test("the specification holds verifiers, and neither key nor passwords", () => {
  const specs = {
    key: "the key itself",
    tenants: [
      sharedSpec(first("id: acme"), "db.example.com", undefined),
      sharedSpec(first("id: globex, password: custom"), "db.example.com", "chosen by hand"),
    ],
  };
  const line = renderSharedSpec(JSON.stringify(specs));
  expect(line).toMatch(/^\\set shared '.*'\n$/);
  expect(line.match(/SCRAM-SHA-256\$4096:/g)).toHaveLength(2);
  for (const secret of ["the key itself", "chosen by hand", sharedPassword("the key itself", "acme", 1)])
    expect(line).not.toContain(secret);
});

describe("what is refused", () => {
  const known = (differences: Partial<LastShared> = {}): LastShared => ({
    ...{ instance: "shared-1", port: 20_001, state: "running", isolation: "database", origin: "acme" },
    ...differences,
  });
  const refused = (
    shared: readonly SharedTenant[],
    lastShared: ReadonlyMap<string, LastShared>,
    servers = [tenant({ id: "other" })],
  ) => sharedRefusals({ shared, servers, last: new Map([["dedicated", lastTenant()]]), lastShared, now }, settings);

  test("nothing, where everybody stays", () => {
    expect(refused(onShared("id: acme"), new Map([["acme", known()]]))).toEqual([]);
  });

  test.each<[string, readonly SharedTenant[], Partial<LastShared>, RegExp]>([
    [
      "a list that one is gone from",
      [],
      {},
      /without "acme".*isolation: database, instance: shared-1, state: removed, confirm: acme 2026-11-21/,
    ],
    [
      "another instance",
      onShared("id: acme"),
      { instance: "shared-9" },
      /expected isolation: database on shared-9, where its data is.*pgt move acme --to dedicated, pgt move acme --accept, and then pgt move acme --to shared-1$/,
    ],
    [
      "another isolation",
      onShared("id: acme"),
      { isolation: "schema" },
      /expected isolation: schema on shared-1.*no move for isolation: schema; .*pgt dump acme$/,
    ],
    [
      "an old confirmation",
      onShared("id: acme, state: removed, confirm: acme 2026-10-01"),
      {},
      /confirmed on 2026-10-01.*confirm: acme 2026-11-21/,
    ],
    ["a password that is nowhere", onShared("id: acme, password: custom"), {}, /passwords\["acme"\]/],
  ])("%s", (_, shared, before, message) => {
    expect(refused(shared, new Map([["acme", known(before)]])).join("\n")).toMatch(message);
  });

  test("a list that an instance is gone from: the entry to put back, and where", () => {
    const last = new Map([["shared-1", lastTenant({ volume: "pgtenants-dev.shared-1", instance: true })]]);
    const lines = (protection: boolean, servers = [tenant({ id: "other" })]) =>
      sharedRefusals(
        { shared: [], servers, last, lastShared: new Map(), now },
        { ...settings, deletionProtection: protection },
      );
    expect(lines(true)).toEqual([
      `${settings.tenantsFile}: got a list without the instance "shared-1", expected every instance of this stack; ` +
        "put its entry back under instances, as it was: what it leaves out, the plan among it, would have its default. " +
        'To remove it and keep its data, when nobody is on it any more: "- { id: shared-1, state: removed, confirm: shared-1 2026-11-21 }" there',
    ]);
    expect(lines(false)).toEqual([]);
    expect(lines(true, [tenant({ id: "shared-1", instance: true })])).toEqual([]);
  });

  test("a server of its own for one on an instance, and the other way round", () => {
    expect(refused([], new Map([["acme", known()]]), [tenant()])[0]).toMatch(
      /got isolation: dedicated, expected isolation: database.*pgt move acme --to dedicated$/,
    );
    expect(refused(onShared("id: dedicated"), new Map())[0]).toMatch(
      /expected isolation: dedicated, where its data is.*pgt move dedicated --to shared-1$/,
    );
  });
});

test("a route leads to the tenant's port of the instance's pools, and none to an instance", () => {
  const shared = placePorts(onShared("id: acme", "id: globex, state: stopped"), new Map());
  const placed = [tenant({ id: "shared-1", instance: true, poolerAddress: "198.18.0.9" })];
  expect(sharedRoutes(shared, placed, "db.example.com")).toEqual([
    expect.objectContaining({
      host: "acme.db.example.com",
      address: "198.18.0.9",
      port: shared[0]?.port,
      passthrough: false,
    }),
  ]);
  const summary = summarize(placed, shared, "db.example.com", 5432);
  expect(Object.keys(summary)).toEqual(["acme", "globex"]);
  expect(summary["acme"]).toMatchObject({ instance: "shared-1", isolation: "database", state: "running" });
});
