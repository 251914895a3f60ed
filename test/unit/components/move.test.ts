import { describe, expect, test } from "vitest";
import type { LastShared, LastTenant } from "../../../components/lastDeployment.ts";
import { sharedRefusals } from "../../../components/sharedAdmission.ts";
import { placePorts } from "../../../components/sharedPorts.ts";
import { routesOf, sharedRoutes, summarize } from "../../../components/tenantOutputs.ts";
import { parseList } from "../../../tenants/load.ts";
import type { TenantList } from "../../../tenants/sharedTenant.ts";
import { settings } from "../../support/settings.ts";
import { lastTenant } from "../../support/tenants.ts";

const onServer = "";
const onInstance = "isolation: database, instance: shared-1";

const listOf = (...fields: readonly string[]): TenantList =>
  parseList(`instances: [{ id: shared-1 }]\ntenants: [{ ${["id: acme", ...fields.filter(Boolean)].join(", ")} }]`, "f");

const server = (differences: Partial<LastTenant> = {}) => new Map([["acme", lastTenant(differences)]]);
const shared = (differences: Partial<LastShared> = {}): ReadonlyMap<string, LastShared> =>
  new Map([
    [
      "acme",
      {
        instance: "shared-1",
        port: 20_001,
        state: "running",
        isolation: "database",
        origin: "acme",
        ...differences,
      },
    ],
  ]);

function refused(
  { servers, shared: own, beside }: TenantList,
  last: ReadonlyMap<string, LastTenant>,
  lastShared: ReadonlyMap<string, LastShared>,
): readonly string[] {
  const transition = {
    servers: [...servers, ...beside.servers],
    shared: [...own, ...beside.shared],
  };
  return sharedRefusals({ ...transition, last, lastShared, now: new Date("2026-11-21T12:00:00Z") }, settings);
}

describe("a list may follow the last deployment", () => {
  const none = new Map<string, never>();
  const there = "movedFrom: { isolation: dedicated }";
  test.each([
    ["a move begins", listOf(onServer, `movingTo: { ${onInstance} }`), server(), none],
    ["it is given up", listOf(onServer), server(), shared({ standby: "target" })],
    ["it switches", listOf(onInstance, there), server(), shared({ standby: "target" })],
    ["half of that was made", listOf(onInstance, there), server({ standby: "source" }), shared({ standby: "target" })],
    ["and the other half", listOf(onInstance, there), server(), shared()],
    ["it goes back", listOf(onServer, `discarded: { ${onInstance} }`), server({ standby: "source" }), shared()],
    ["what was filled is gone", listOf(onServer), server(), shared({ standby: "discarded" })],
    [
      "the old server is given up",
      listOf(onInstance, "discarded: { isolation: dedicated }"),
      server({ standby: "source" }),
      shared(),
    ],
    ["and gone", listOf(onInstance), server({ standby: "discarded" }), shared()],
    ["a move to a server begins", listOf(onInstance, "movingTo: { isolation: dedicated }"), none, shared()],
    ["the state was lost", listOf(onInstance, there), none, none],
  ])("%s", (_, list, last, lastShared) => {
    expect(refused(list, last, lastShared)).toEqual([]);
  });

  test.each([
    [
      "to an instance",
      listOf(onInstance),
      server(),
      none,
      "got isolation: database on shared-1, expected isolation: dedicated",
    ],
    [
      "to a server",
      listOf(onServer),
      none,
      shared(),
      "got isolation: dedicated, expected isolation: database on shared-1",
    ],
  ])("but not where a place is edited by hand: %s", (_, list, last, lastShared, expected) => {
    expect(refused(list, last, lastShared).join("\n")).toContain(expected);
  });

  test.each([
    ["a server's", listOf(onInstance), server({ standby: "source" }), shared()],
    ["an instance's", listOf(onServer), server(), shared({ standby: "source" })],
  ])("nor where the data of before would be forgotten: %s", (_, list, last, lastShared) => {
    expect(refused(list, last, lastShared)).toEqual([
      expect.stringMatching(/"acme": got an entry without movedFrom, .*pgt move acme --accept$/),
    ]);
  });

  const filling = `movingTo: { ${onInstance} }`;
  const back = `discarded: { ${onInstance} }`;
  test.each([
    ["while it is filled, after the switch", listOf(onServer, filling), server({ standby: "source" }), shared()],
    ["the switch, when the copy is gone", listOf(onInstance, there), server(), none],
    ["the way back, after another move was accepted", listOf(onServer, back), none, shared()],
    ["what was accepted, before the switch", listOf(onInstance, "discarded: { isolation: dedicated }"), server(), none],
    [
      "what was accepted, while it is filled",
      listOf(onInstance, "discarded: { isolation: dedicated }"),
      server(),
      shared({ standby: "target" }),
    ],
    ["the switch, after the way back", listOf(onInstance, there), server(), shared({ standby: "discarded" })],
    ["before the move, after the switch", listOf(onServer), server({ standby: "source" }), none],
  ])("nor a file of another moment: %s", (_, list, last, lastShared) => {
    expect(refused(list, last, lastShared)).toContainEqual(
      expect.stringMatching(/"acme": got .*, expected what pgt move writes after .*the version of the file/),
    );
  });

  test.each([
    [
      "pgt stop took a tenant's part on an instance out",
      listOf(onInstance, there),
      server({ standby: "source" }),
      none,
    ],
    ["or that of one that is kept there", listOf(onServer, `movedFrom: { ${onInstance} }`), server(), none],
    ["or of one that is given up", listOf(onServer, back), server(), none],
    ["the switch was killed before it began", listOf(onServer, back), server(), shared({ standby: "target" })],
    ["or halfway", listOf(onServer, back), server(), shared()],
    ["and to a server, the same", listOf(onInstance, "discarded: { isolation: dedicated }"), server(), shared()],
    [
      "a component that was killed has no outputs",
      listOf(onServer, filling),
      server(),
      shared({ instance: undefined }),
    ],
    ["a copy is given up", listOf(onServer, back), server(), shared({ standby: "target" })],
  ])("what was interrupted goes on: %s", (_, list, last, lastShared) => {
    expect(refused(list, last, lastShared)).toEqual([]);
  });
});

test.each([
  ["on a server", listOf(onServer, `movingTo: { ${onInstance} }`), ["198.18.7.7:5432"]],
  ["on an instance", listOf(onInstance, "movedFrom: { isolation: dedicated }"), ["198.18.7.9:20001"]],
])("one place alone has a route and is told of: that %s", (_, { servers, shared: own, beside }, expected) => {
  const addresses: Readonly<Record<string, object>> = {
    acme: { address: "198.18.7.7" },
    "shared-1": { address: "198.18.7.8", poolerAddress: "198.18.7.9" },
  };
  const placed = [...servers, ...beside.servers].map((tenant) => {
    return { ...tenant, address: "", ...addresses[tenant.id] };
  });
  const ports = placePorts([...own, ...beside.shared], shared());
  const routes = [...routesOf(placed, "example.com"), ...sharedRoutes(ports, placed, "example.com")];
  expect(routes.map(({ address, port = 5432 }) => `${address}:${port}`)).toEqual(expected);
  const summaries = summarize(placed, ports, "example.com", 5432);
  expect(Object.keys(summaries)).toEqual(["acme"]);
  expect(summaries["acme"]?.instance).toBe(own[0]?.instance);
});
