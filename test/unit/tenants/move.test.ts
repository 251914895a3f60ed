import { describe, expect, test } from "vitest";
import { TenantsFileError } from "../../../tenants/issues.ts";
import { parseList } from "../../../tenants/load.ts";
import { beginMove, discardMoved, discardTarget, endMove, revertMove, switchMove } from "../../../tenants/move.ts";

const dedicated = `# who is there
instances:
  - id: shared-1
tenants:
  - id: acme # since 2019
    plan: large
    memory: 3 GB
    disk: 20 GB # grows
  - { id: globex, isolation: database, instance: shared-1, maxConnections: 20 }
`;
const toInstance = { isolation: "database", instance: "shared-1", database: "acme", user: "acme", password: "custom" };
const toServer = { isolation: "dedicated", database: "t_1", user: "t_1", password: "custom" };

const listed = (text: string) => parseList(text, "tenants.yaml");
const problemsOf = (text: string): string => {
  try {
    listed(text);
  } catch (error) {
    if (error instanceof TenantsFileError) return error.message;
    throw error;
  }
  return "none";
};

describe("while a tenant moves to an instance", () => {
  const begun = beginMove(dedicated, "acme", toInstance);

  test("its own place is what it was, and the new one is beside it, as open but for a route", () => {
    const { servers, shared, beside } = listed(begun);
    expect(servers.map(({ id }) => id)).toEqual(["acme", "shared-1"]);
    expect(shared.map(({ id }) => id)).toEqual(["globex"]);
    expect(beside.servers).toEqual([]);
    expect(beside.shared).toMatchObject([
      { id: "acme", plan: "large", instance: "shared-1", database: "acme", owner: "acme", standby: "target" },
    ]);
    expect(beside.shared[0]?.access.enabled).toBe(true);
    expect(beside.shared[0]?.maxConnections).toBe(200);
  });

  test("after the switch the old one is kept with all that it was given, and nobody gets in or writes", () => {
    const { servers, shared, beside } = listed(switchMove(begun, "acme"));
    expect(servers.map(({ id }) => id)).toEqual(["shared-1"]);
    expect(shared).toMatchObject([{ id: "acme", owner: "acme", password: "custom" }, { id: "globex" }]);
    expect(beside.servers).toMatchObject([
      { id: "acme", standby: "source", memoryMiB: 3072, diskMiB: 20_480, password: "generated", readOnly: true },
    ]);
    expect(beside.servers[0]?.access.enabled).toBe(false);
  });

  test("given up, a place stays closed until it is gone", () => {
    const there = switchMove(begun, "acme");
    expect(listed(revertMove(there, "acme")).beside.shared).toMatchObject([
      { id: "acme", standby: "discarded", access: { enabled: false } },
    ]);
    expect(listed(discardMoved(there, "acme")).beside.servers).toMatchObject([
      { id: "acme", standby: "discarded", readOnly: true, access: { enabled: false } },
    ]);
  });

  test("a copy that is given up is closed, too, before it goes", () => {
    const given = discardTarget(begun, "acme");
    expect(listed(given).beside.shared).toMatchObject([{ id: "acme", standby: "discarded" }]);
    expect(listed(endMove(given, "acme"))).toEqual(listed(dedicated));
  });

  test("what the switch needs is not made up where it has gone", () => {
    expect(() => switchMove(dedicated, "acme")).toThrow("got no movingTo");
  });

  test("the way back ends where it began, but for the order of fields and comments on their lines", () => {
    const there = switchMove(begun, "acme");
    const back = endMove(revertMove(there, "acme"), "acme");
    expect(listed(back)).toEqual(listed(dedicated));
    expect(back).toContain("- id: acme # since 2019\n    plan: large\n");
    expect(back).not.toMatch(/isolation: dedicated|password|moving|moved|discarded/);
  });

  test("in the end nothing of the old place is left in the file", () => {
    const done = endMove(discardMoved(switchMove(begun, "acme"), "acme"), "acme");
    expect(listed(done).beside).toEqual({ servers: [], shared: [] });
    expect(done).not.toMatch(/memory|disk|moving|moved|discarded/);
  });
});

test("the other way, with the names that the tenant has", () => {
  const there = switchMove(beginMove(dedicated, "globex", toServer), "globex");
  const { servers, beside } = listed(there);
  expect(servers).toContainEqual(expect.objectContaining({ id: "globex", owner: "t_1", database: "t_1" }));
  expect(beside.shared).toMatchObject([{ id: "globex", instance: "shared-1", standby: "source" }]);
  expect(there).toContain("movedFrom: { isolation: database, instance: shared-1 }");
  expect(listed(endMove(revertMove(there, "globex"), "globex"))).toEqual(listed(dedicated));
});

test.each([
  [
    "an instance that is not there",
    "movingTo: { isolation: database, instance: shared-2 }",
    "an instance that is there: shared-1",
  ],
  ["a place of the same kind", "movingTo: { isolation: dedicated }", "a server of its own as one place"],
  ["a schema", "movingTo: { isolation: schema, instance: shared-1 }", 'and "isolation: database"'],
  [
    "fields of a server on an instance",
    "movedFrom: { isolation: database, instance: shared-1, memory: 1 GB }",
    '"memory"',
  ],
  ["a value that no entry may have", "movingTo: { isolation: database, instance: 5 }", "fields as an entry has them"],
  ["a field that belongs to no place", "movingTo: { access: { enabled: true } }", "fields as an entry has them"],
  [
    "both at once",
    "movingTo: { isolation: database, instance: shared-1 }, movedFrom: { isolation: database, instance: shared-1 }",
    "one of movingTo, movedFrom and discarded",
  ],
  [
    "one of a removed tenant",
    "state: removed, confirm: acme 2026-11-21, movedFrom: { isolation: database, instance: shared-1 }",
    "end the move before",
  ],
  [
    "a name that a neighbour has",
    "movingTo: { isolation: database, instance: shared-1, user: app }",
    "a name that nobody else has",
  ],
])("%s is refused as a second place", (_, fields, expected) => {
  const text = `instances: [{ id: shared-1 }]
tenants:
  - { id: globex, isolation: database, instance: shared-1, user: app }
  - { id: acme, ${fields} }
`;
  expect(problemsOf(text)).toContain(expected);
});

test("an instance with somebody's second place is not removed", () => {
  const text = `instances: [{ id: shared-1, state: removed, confirm: shared-1 2026-11-21 }]
tenants:
  - { id: acme, movedFrom: { isolation: database, instance: shared-1 } }
`;
  expect(problemsOf(text)).toContain("an instance that nobody is on");
});
