import { describe, expect, test } from "vitest";
import { parsePreview } from "../../../../cli/pgt/impact/preview.ts";
import { type Report, reportOf } from "../../../../cli/pgt/impact/report.ts";
import { parseSharedFacts, renderSharedFacts } from "../../../../components/sharedFacts.ts";
import { renderPools } from "../../../../components/sharedPools.ts";
import { placePorts } from "../../../../components/sharedPorts.ts";
import { summarize } from "../../../../components/tenantOutputs.ts";
import { parseList } from "../../../../tenants/load.ts";
import type { TenantList } from "../../../../tenants/sharedTenant.ts";
import { fieldChanges, tenantFields } from "../../../support/plans/fieldChanges.ts";
import { plannedAfter } from "../../../support/plans/planned.ts";
import { changedId, sharedChangeList, sharedChanges, sharedFixed } from "../../../support/plans/sharedChanges.ts";
import { tenant } from "../../../support/tenants.ts";

const today = "2026-11-21";
const stack = "urn:pulumi:dev::pgtenants";
const onServer = "pgtenants:index:TenantDatabase";
const onInstance = "pgtenants:index:SharedTenants";

const listOf = (...entries: readonly string[]): TenantList =>
  parseList(`instances: [{ id: shared-1 }]\ntenants:\n${entries.map((one) => `  - { ${one} }\n`).join("")}`, "f");
const shared = (entry: string) => `isolation: database, instance: shared-1, ${entry}`;

/** A resource of the instance that changes, as `pulumi preview --json` has it. */
function step(component: string, type: string, name: string, [before, after]: readonly (object | undefined)[]) {
  const parent = `${stack}::${component}::${component === onServer ? "shared-1" : "shared-1-tenants"}`;
  const state = { urn: `${stack}::${component}$${type}::${name}`, type, custom: true, parent };
  const [oldState, newState] = [before, after].map((inputs) => inputs && { ...state, inputs });
  const op = oldState === undefined ? "create" : newState === undefined ? "delete" : "update";
  const diffReasons = Object.keys({ ...before, ...after });
  return { op, urn: state.urn, oldState, newState, diffReasons };
}

const command = "command:local:Command";
const container = "docker:index/container:Container";
const inputsOf = (list: TenantList) => {
  const tenants = placePorts([...list.shared, ...list.beside.shared], new Map());
  return {
    sql: { environment: { TENANTS: renderSharedFacts(tenants) }, stdin: "[secret]" },
    pools: { stdin: renderPools(tenants) },
  };
};

/** The steps in which an instance's tenants are made, where both lists have it. */
function ofTenants(before: TenantList, after: TenantList) {
  const [old, young] = [inputsOf(before), inputsOf(after)];
  return [
    step(onInstance, command, "shared-1-tenants-sql", [old.sql, young.sql]),
    step(onInstance, command, "shared-1-tenants-pools", [old.pools, young.pools]),
  ];
}

function report(before: TenantList, after: TenantList, steps: readonly object[] = ofTenants(before, after)): Report {
  const placed = [tenant({ id: "shared-1", instance: true })];
  const outputs = {
    tenants: summarize(placed, placePorts(before.shared, new Map()), "db.example.com", 5432),
  };
  const urn = `${stack}::pulumi:pulumi:Stack::pgtenants-dev`;
  const root = { op: "same", urn, oldState: { urn, type: "pulumi:pulumi:Stack", outputs } };
  const config = { "pgtenants:domain": "db.example.com" };
  const preview = parsePreview(JSON.stringify({ config, steps: [root, ...steps] }));
  return reportOf(preview, plannedAfter(before, after));
}

const told = ({ tenants }: Report) =>
  Object.fromEntries(tenants.map(({ id, impact, reasons }) => [id, [impact, ...reasons.map(({ text }) => text)]]));

describe("what a change of a field does to a running tenant on an instance", () => {
  const list = (which: "before" | "after") => parseList(sharedChangeList(which, today), "f");
  const { tenants, unchanged } = report(list("before"), list("after"));

  test.each(sharedChanges.map((change, index) => ({ ...change, index })))(
    "$fields: $impact",
    ({ index, after, impact, told: expected }) => {
      const [, id = changedId(index)] = /^id: ([^,]+)/.exec(after(changedId(index), today)) ?? [];
      const found = tenants.find((one) => one.id === id);
      expect(found?.impact).toBe(impact);
      const texts = found?.reasons.map(({ text }) => text) ?? [];
      expect(texts).toEqual(expected.map((words) => expect.stringMatching(words)));
    },
  );

  test("and nothing to its neighbour, nor to the instance", () => {
    expect(tenants).toHaveLength(sharedChanges.length);
    expect(unchanged).toBe(2);
  });

  test("is tried for every field that it can have", () => {
    const tried = [...sharedChanges.flatMap(({ fields }) => fields), ...sharedFixed];
    const others = tenantFields.filter((field) => !tried.includes(field));
    for (const { fields, after: changed } of fieldChanges) {
      if (fields.every((field) => !others.includes(field))) continue;
      const entry = changed("acme", today).replace(/^id: acme, /, "");
      expect(() => listOf(shared(`id: acme, ${entry}`))).toThrow(/isolation: dedicated/);
    }
    const untried = others.filter((field) => !fieldChanges.some(({ fields }) => fields.includes(field)));
    expect(untried).toEqual(["volume", "ephemeral.expires"]);
    expect(() => listOf(shared("id: acme, volume: data"))).toThrow();
    expect(() => listOf(shared("id: acme, ephemeral: { expires: 7 days }"))).toThrow();
  });
});

test("a tenant with a server of its own that is called as an instance's step is has no say in it", () => {
  const list = (timeout: string) => listOf("id: shared-1-tenants", shared(`id: acme, statementTimeout: ${timeout}`));
  const [before, after] = [list("none"), list("5 s")];
  const parent = `${stack}::${onServer}::shared-1-tenants`;
  const own = step(onServer, command, "shared-1-tenants-sql", [{ environment: {} }, { environment: {} }]);
  const ofServer = { ...own, oldState: { ...own.oldState, parent }, newState: { ...own.newState, parent } };
  const texts = told(report(before, after, [ofServer, ...ofTenants(before, after)]))["acme"];
  expect(texts).toEqual(["in place", "statementTimeout none → 5 s, for open sessions as well"]);
});

describe("who comes, goes and comes back", () => {
  const stays = shared("id: acme");
  const gone = {
    op: "delete",
    urn: `${stack}::pgtenants:index:SharedTenant::globex`,
    oldState: { urn: `${stack}::pgtenants:index:SharedTenant::globex`, type: "pgtenants:index:SharedTenant" },
  };
  test.each<[string, readonly string[], readonly string[], readonly string[] | undefined]>([
    ["new", [], [shared("id: globex")], ["new", expect.stringMatching(/^on shared-1, with a database of its own/)]],
    [
      "started",
      [shared("id: globex, state: stopped")],
      [shared("id: globex")],
      ["started", "opened, with its data on shared-1"],
    ],
    [
      "brought back",
      [shared("id: globex, state: removed, confirm: globex 2026-11-21")],
      [shared("id: globex")],
      ["started", "opened, with its data on shared-1"],
    ],
    [
      "removed while it is stopped",
      [shared("id: globex, state: stopped")],
      [shared("id: globex, state: removed, confirm: globex 2026-11-21")],
      ["removed", "closed, its data stays on shared-1"],
    ],
    [
      "opened to clients",
      [shared("id: globex, access: { enabled: false }")],
      [shared("id: globex")],
      ["in place", "access off → on"],
    ],
  ])("%s", (_, before, after, expected) => {
    expect(told(report(listOf(stays, ...before), listOf(stays, ...after)))).toEqual({ globex: expected });
  });

  test("taken out: it leaves, and its data stays", () => {
    const found = report(listOf(stays, shared("id: globex")), listOf(stays), [gone]);
    expect(told(found)).toEqual({
      globex: ["removed", "leaves shared-1; its data stays there until pgt purge globex"],
    });
    expect(found.unchanged).toBe(2);
  });

  test("taken out together with its instance, without protection: its data goes", () => {
    const none = parseList("tenants: [{ id: own }]\n", "f");
    const volume = step(onServer, "docker:index/volume:Volume", "shared-1-data", [{}, undefined]);
    const found = report(listOf("id: own", shared("id: globex")), none, [gone, volume]);
    expect(told(found)).toEqual({
      globex: ["data at risk", "goes with its instance shared-1: volume deleted"],
      "shared-1": ["data at risk", "volume deleted"],
    });
  });

  test.each([
    ["stopped", "state: stopped", "state: stopped"],
    ["stopping", "", "state: stopped"],
    ["removed", "state: removed, confirm: globex 2026-11-21", "state: removed, confirm: globex 2026-11-21"],
    ["started", "state: stopped", ""],
    ["running", "", ""],
  ])("another volume of its instance is another for its data as well: %s", (_, before, after) => {
    const list = (fields: string) => listOf(shared(["id: globex", fields].filter(Boolean).join(", ")));
    const volume = step(onServer, "docker:index/volume:Volume", "shared-1-data", [{ name: "a" }, { name: "b" }]);
    const found = report(list(before), list(after), [{ ...volume, op: "replace" }]);
    expect(told(found)["globex"]).toEqual([
      "data at risk",
      expect.stringMatching(/its instance shared-1: volume made anew$/),
    ]);
  });
});

describe("what is done to an instance is done to whoever is on it", () => {
  const ids = ["acme", "globex", "hooli", "initech", "umbrella", "vandelay", "wonka"];
  const list = listOf("id: own", ...ids.map((id) => shared(`id: ${id}`)), shared("id: idle, state: stopped"));
  const server = (before: object, after: object) => step(onServer, container, "shared-1-server", [before, after]);

  test("a restart ends the sessions of all of them, and says of whom", () => {
    const found = report(list, list, [
      server({ command: ["--shared_buffers=16MB"] }, { command: ["--shared_buffers=32MB"] }),
    ]);
    expect(told(found)["shared-1"]).toEqual([
      "restart",
      "ends the sessions of its 7 tenants acme, globex, hooli, initech, umbrella and 2 more",
      "sharedBuffers 16MB → 32MB",
    ]);
    expect(told(found)["wonka"]).toEqual(["restart", "its instance shared-1: sharedBuffers 16MB → 32MB"]);
    expect(found.tenants).toHaveLength(8);
    expect(found.unchanged).toBe(2);
  });

  test("more memory is nothing to them", () => {
    const found = report(list, list, [server({ memory: 256 }, { memory: 512 })]);
    expect(told(found)).toEqual({ "shared-1": ["in place", "memory 256 MB → 512 MB"] });
  });

  test("its own settings are no change of a role, a database or access, which are none of an instance", () => {
    const sql = step(onServer, command, "shared-1-sql", [
      { environment: { DISK_MIB: "1024" }, stdin: "[secret]" },
      { environment: { DISK_MIB: "2048" }, stdin: "[secret]" },
    ]);
    expect(told(report(list, list, [sql]))).toEqual({ "shared-1": ["in place", "disk 1 GB → 2 GB"] });
  });

  test("another container of its pools ends the sessions", () => {
    const pooler = step(onServer, container, "shared-1-pooler", [{ image: "a" }, { image: "b" }]);
    expect(told(report(list, list, [pooler]))["acme"]).toEqual([
      "sessions end",
      "its instance shared-1: connection pool changed",
    ]);
  });

  test("one that stops stops them, and one that starts starts them", () => {
    const at = (state: string) => ({
      ...list,
      servers: list.servers.map((one) => (one.instance === true ? { ...one, state: state as "running" } : one)),
    });
    const stops = report(list, at("stopped"), [step(onServer, container, "shared-1-server", [{}, undefined])]);
    expect(told(stops)["acme"]).toEqual([
      "stopped",
      expect.stringMatching(/^its instance shared-1: container deleted/),
    ]);
    const starts = report(at("stopped"), list, [step(onServer, container, "shared-1-server", [undefined, {}])]);
    expect(told(starts)["acme"]).toEqual(["started", "its instance shared-1: container made"]);
    expect(told(starts)["idle"]).toBeUndefined();
  });
});

test("another router ends the sessions of tenants on instances as well, and of no instance", () => {
  const list = listOf(shared("id: acme"));
  const router = {
    urn: `${stack}::pgtenants:index:Traefik$${container}::traefik-router`,
    type: container,
    custom: true,
  };
  const found = report(list, list, [{ op: "replace", urn: router.urn, oldState: router, newState: router }]);
  expect(told(found)).toEqual({ acme: ["sessions end", "router made anew"] });
});

test("a password of its own may be another one wherever the server is told something else, whatever explains that", () => {
  const mayBe = ["in place", "a password of its own, where the stack's settings have another"];
  const list = listOf(shared("id: acme, password: custom"), shared("id: globex"));
  expect(told(report(list, list))).toEqual({ acme: mayBe });
  const limited = listOf(shared("id: acme, password: custom"), shared("id: globex, statementTimeout: 5 s"));
  expect(told(report(list, limited))).toEqual({ acme: mayBe, globex: ["in place", expect.any(String)] });
  const [{ sql }, { sql: other }] = [inputsOf(list), inputsOf(limited)];
  const same = { ...step(onInstance, command, "shared-1-tenants-sql", [sql, other]), diffReasons: ["environment"] };
  expect(Object.keys(told(report(list, limited, [same])))).toEqual(["globex"]);
});

test("after a deployment that did not say limits and passwords, those of all that run may change", () => {
  const list = listOf(shared("id: acme"), shared("id: globex, password: custom"), shared("id: idle, state: stopped"));
  const { sql } = inputsOf(list);
  const upgrade = step(onInstance, command, "shared-1-tenants-sql", [{ environment: {}, stdin: "[secret]" }, sql]);
  const mayBe = ["in place", "limits or password, which the last deployment did not say"];
  expect(told(report(list, list, [upgrade]))).toEqual({ acme: mayBe, globex: mayBe });
  expect(told(report(list, list, [{ ...upgrade, diffReasons: ["environment"] }]))).toEqual({});
});

test.each([
  ["pooler: { mode: session }", "pooler: { mode: transaction }"],
  // Without an entry of its own a pool is in session mode.
  ["", "pooler: {}"],
])(
  "a pool that is in transaction mode from now on takes from open sessions what they keep: %s → %s",
  (before, after) => {
    const list = (fields: string) =>
      listOf(shared(["id: acme", "maxConnections: 10", fields].filter(Boolean).join(", ")));
    const [impact, ...texts] = told(report(list(before), list(after)))["acme"] ?? [];
    expect(impact).toBe("sessions end");
    expect(texts[0]).toBe(
      "pool mode session → transaction: open ones lose what they keep between transactions: temporary tables, advisory locks, " +
        "LISTEN, SET, cursors (DISCARD ALL)",
    );
    expect(told(report(list(after), list(before)))["acme"]).toEqual(
      expect.arrayContaining(["in place", "pool mode transaction → session"]),
    );
  },
);

test("another key of the instance is another password for all that have a generated one", () => {
  const list = listOf(shared("id: acme, password: custom"), shared("id: globex"));
  const key = step(onInstance, "random:index/randomPassword:RandomPassword", "shared-1-tenants-key", [{}, {}]);
  const { tenants, shared: common } = report(list, list, [key]);
  expect(tenants.map(({ id, impact }) => [id, impact])).toEqual([["globex", "in place"]]);
  expect(common.map(({ text }) => text)).toEqual(["key of shared-1's passwords changed"]);
});

test("facts are read as they were written, also those of 500 tenants at their longest, in the room of an environment variable", () => {
  const [one] = listOf(shared("id: acme")).shared;
  if (one === undefined) throw new Error("no tenant");
  const most = Array.from({ length: 500 }, (_, index) => ({
    ...one,
    ...{
      origin: `${"x".repeat(37)}${String(index).padStart(3, "0")}`,
      maxConnections: 1000,
      password: "custom" as const,
    },
    ...{ statementTimeoutMs: 86_399_999, idleInTransactionTimeoutMs: 86_399_999, passwordVersion: 999_999_999 },
  }));
  const text = renderSharedFacts(most.toReversed());
  expect(text.length).toBeLessThan(131_072);
  expect(text).toBe(renderSharedFacts(most));
  expect(parseSharedFacts(text).get(most[7]?.origin ?? "")).toMatchObject({ passwordVersion: 999_999_999 });
  expect(renderSharedFacts([one])).toBe("acme maxConnections=40");
  expect(parseSharedFacts("acme maxConnections=40").get("acme")).toEqual({
    ...{ maxConnections: 40, statementTimeoutMs: 0, idleInTransactionTimeoutMs: 600_000 },
    ...{ password: "generated", passwordVersion: 1 },
  });
});
