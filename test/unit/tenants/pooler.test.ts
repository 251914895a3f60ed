import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { placeTenants } from "../../../components/addresses.ts";
import { routesOf } from "../../../components/tenantOutputs.ts";
import { parseTenants } from "../../../tenants/load.ts";
import { defaultPoolSize } from "../../../tenants/poolerFields.ts";
import { tenant } from "../../support/tenants.ts";

const poolOf = (fields: string) => parseTenants(`tenants:\n  - { id: acme, ${fields} }\n`, "f")[0]?.pooler;

describe("pooler", () => {
  test("is not there unless it is asked for", () => {
    expect(parseTenants("tenants: [{ id: acme }]", "f")[0]?.pooler).toBeUndefined();
  });

  test("has a default for everything", () => {
    expect(poolOf("pooler: {}")).toStrictEqual({
      ...{ mode: "transaction", size: 20, reserve: 0, maxClients: 1000, maxClientsPerIp: 1000, queryWaitSeconds: 30 },
    });
  });

  test("takes what is written", () => {
    const fields =
      "pooler: { mode: session, size: 7, reserve: 3, maxClients: 50, queryWait: 1500 ms }, maxConnections: 10";
    expect(poolOf(`${fields}, access: { maxConnectionsPerIp: 9 }`)).toStrictEqual({
      ...{ mode: "session", size: 7, reserve: 3, maxClients: 50, maxClientsPerIp: 9, queryWaitSeconds: 2 },
    });
  });

  test("by default leaves half of the connections, whatever their number", () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 5000 }), (maxConnections) => {
        const size = defaultPoolSize(maxConnections);
        expect(size).toBeGreaterThan(0);
        expect(size).toBeLessThanOrEqual(Math.min(20, maxConnections / 2));
      }),
    );
  });

  test.each([
    ["databases: [{ name: analytics }]", 20],
    ["roles: [{ name: loader }]", 20],
    ["databases: [{ name: analytics }], roles: [{ name: loader }]", 10],
    ["databases: [{ name: analytics }], roles: [{ name: loader }, { name: reporting }]", 10],
    ["databases: [{ name: analytics }], roles: [{ name: team, login: false }]", 20],
    ["databases: [{ name: old, ensure: absent, confirm: old 2026-11-21 }], roles: [{ name: loader }]", 20],
  ])("with databases and roles takes no more of maxConnections in all: %s", (fields, size) => {
    expect(poolOf(`pooler: {}, ${fields}`)?.size).toBe(size);
  });

  test.each([
    ["pooler: true", "expected a mapping with mode"],
    ["pooler: { mode: statement }", "expected transaction or session"],
    ["pooler: { size: 0 }", "expected a whole number from 1"],
    ["pooler: { maxClients: 10001 }", "expected a whole number from 1 to 10000"],
    ["pooler: { queryWait: none }", 'a time span from "1 s" to "24 h"; write "30 s"'],
    ["pooler: { queryWait: 500 ms }", 'a time span from "1 s" to "24 h"; write "1 s"'],
    ["pooler: { queryWait: 20s }", 'a time span from "1 s" to "24 h"; write "20 s"'],
    ["pooler: { queryWait: 25 h }", 'a time span from "1 s" to "24 h"; write "24 h"'],
    ["pooler: { size: 41 }", "with a reserve of 0 at most 40, out of 40 maxConnections"],
    ["pooler: { size: 30, reserve: 11 }", "with a reserve of 11 at most 29"],
    ["pooler: { reserve: 21 }", "with a size of 20 at most 20"],
    ["maxConnections: 10, pooler: { size: 11 }", "raise maxConnections to 11"],
    [
      "pooler: { size: 21 }, databases: [{ name: analytics }], roles: [{ name: loader }]",
      "with a reserve of 0 at most 20, 2 times for the databases and roles, out of 40 maxConnections; write 20 or less, or raise maxConnections to 42",
    ],
    [
      "pooler: {}, maxConnections: 5, databases: [{ name: a }, { name: b }, { name: c }, { name: d }, { name: e }], roles: [{ name: a }, { name: b }, { name: c }, { name: d }, { name: e }]",
      "6 times for the databases and roles, out of 5 maxConnections; raise maxConnections to 6",
    ],
  ])("refuses %s", (fields, reason) => {
    expect(() => poolOf(fields)).toThrow(reason);
  });

  test("keeps its host free: no tenant is called like one", () => {
    const text = "tenants: [{ id: acme, pooler: {} }, { id: acme-pooler }]";
    expect(() => parseTenants(text, "f")).toThrow('the ending "-pooler" is kept for the host of a connection pool');
  });

  test("of too many tenants for one bridge is refused", () => {
    const list = (count: number) =>
      `tenants:\n${Array.from({ length: count }, (_, at) => `  - { id: tenant-${at}, pooler: {} }\n`).join("")}`;
    expect(parseTenants(list(450), "f")).toHaveLength(450);
    expect(() => parseTenants(list(451), "f")).toThrow("at most 900 tenants and pools together");
  });
});

describe("the route of a pool", () => {
  const pooler = {
    mode: "transaction",
    size: 1,
    reserve: 0,
    maxClients: 9,
    maxClientsPerIp: 9,
    queryWaitSeconds: 1,
  } as const;
  const pooled = tenant({
    pooler,
    poolerAddress: "198.18.8.8",
    tls: "passthrough",
    access: { enabled: true, allow: ["203.0.113.0/24"], maxConnectionsPerIp: 40 },
  });

  test("leads beside the tenant's, for the same clients; TLS ends at the router", () => {
    expect(routesOf([pooled], "db.example.com")).toEqual([
      {
        id: "acme",
        host: "acme.db.example.com",
        address: "198.18.7.7",
        passthrough: true,
        allow: ["203.0.113.0/24"],
        maxConnectionsPerIp: 40,
      },
      {
        id: "acme-pooler",
        host: "acme-pooler.db.example.com",
        address: "198.18.8.8",
        passthrough: false,
        allow: ["203.0.113.0/24"],
        maxConnectionsPerIp: 9,
      },
    ]);
  });

  test("goes with the tenant's", () => {
    expect(routesOf([{ ...pooled, state: "stopped" }], "d.example")).toEqual([]);
    expect(routesOf([{ ...pooled, access: { ...pooled.access, enabled: false } }], "d.example")).toEqual([]);
  });

  test("a tenant's address is the same with pools beside it, and no two are one", () => {
    const ids = fc.uniqueArray(fc.stringMatching(/^[a-z]{3,8}$/), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(ids, (list) => {
        const tenants = list.map((id) => ({ id }));
        const before = placeTenants("198.18.0.0/24", tenants, {});
        const known = Object.fromEntries(before.map(({ id, address }) => [id, address]));
        const after = placeTenants("198.18.0.0/24", [...tenants, ...list.map((id) => ({ id: `${id}-pooler` }))], known);
        expect(after.slice(0, list.length)).toEqual(before);
        expect(new Set(after.map(({ address }) => address)).size).toBe(2 * list.length);
      }),
    );
  });
});
