import { expect, test } from "vitest";
import { parsePreview } from "../../../../cli/pgt/impact/preview.ts";
import { reportOf } from "../../../../cli/pgt/impact/report.ts";
import { secondPlaceReasons } from "../../../../cli/pgt/impact/secondPlaces.ts";
import { parseList } from "../../../../tenants/load.ts";
import { plannedAfter } from "../../../support/plans/planned.ts";

const onServer = "";
const onInstance = "isolation: database, instance: shared-1";

const listOf = (...fields: readonly string[]) =>
  parseList(`instances: [{ id: shared-1 }]\ntenants: [{ ${["id: acme", ...fields].filter(Boolean).join(", ")} }]`, "f");

const toInstance = listOf(onServer, `movingTo: { ${onInstance} }`);
const toServer = listOf(onInstance, "movingTo: { isolation: dedicated }");
const fromServer = listOf(onInstance, "movedFrom: { isolation: dedicated }");
const fromInstance = listOf(onServer, `movedFrom: { ${onInstance} }`);
const backOnServer = listOf(onServer, `discarded: { ${onInstance} }`);
const accepted = listOf(onInstance, "discarded: { isolation: dedicated }");

test.each([
  ["none", listOf(onServer), listOf(onServer), []],
  ["the same", toInstance, toInstance, []],
  [
    "a move to an instance begins",
    listOf(onServer),
    toInstance,
    ["in place: a second place is made on shared-1, for a move: no route leads there"],
  ],
  [
    "a move to a server begins",
    listOf(onInstance),
    toServer,
    ["in place: a second place is made on a server of its own, for a move: no route leads there"],
  ],
  [
    "given up",
    toServer,
    listOf(onInstance),
    ["in place: its second place on a server of its own is deleted, with what is there"],
  ],
  [
    "given up on an instance",
    toInstance,
    listOf(onServer),
    ["in place: its second place on shared-1 is closed; pgt move deletes it"],
  ],
  [
    "the switch",
    toInstance,
    fromServer,
    [
      "sessions end: moves: its place is on shared-1 now, and its data of before is kept on a server of its own, closed",
    ],
  ],
  [
    "the switch to a server",
    toServer,
    fromInstance,
    [
      "sessions end: moves: its place is on a server of its own now, and its data of before is kept on shared-1, closed",
    ],
  ],
  [
    "back",
    fromServer,
    backOnServer,
    ["sessions end: goes back: its place is on a server of its own again, and what it has on shared-1 counts no more"],
  ],
  [
    "accepted",
    fromServer,
    accepted,
    ["in place: its data of before the move, on a server of its own, counts no more, and may be deleted"],
  ],
  [
    "the copy given up on an instance",
    toInstance,
    backOnServer,
    ["in place: the copy of it on shared-1 is given up, and may be deleted"],
  ],
  [
    "the copy given up on a server",
    toServer,
    accepted,
    ["in place: the copy of it on a server of its own is given up, and may be deleted"],
  ],
  [
    "and deleted",
    accepted,
    listOf(onInstance),
    ["in place: its second place on a server of its own is deleted, with what is there"],
  ],
  [
    "written by hand",
    listOf(onServer),
    fromServer,
    [
      "data at risk: its place would be one that nothing was copied to, and its data is kept on a server of its own, closed: take pgt move",
    ],
  ],
])("what becomes of a second place: %s", (_, before, after, expected) => {
  const reasons = secondPlaceReasons(["acme"], plannedAfter(before, after));
  expect(reasons.map(({ impact, text }) => `${impact}: ${text}`)).toEqual(expected);
});

const stack = "urn:pulumi:dev::pgtenants";
const component = "pgtenants:index:TenantDatabase";

/** What is done to the server `acme`, whichever of the tenant's places that is. */
const serverStep = (op: string, type: string, part: string) => {
  const urn = `${stack}::${component}$${type}::acme-${part}`;
  const state = { urn, type, custom: true, parent: `${stack}::${component}::acme`, inputs: {} };
  return { op, urn, ...(op === "create" ? { newState: state } : { oldState: state }) };
};

test.each([
  ["create", listOf(onInstance), toServer, "in place"],
  ["delete", toServer, listOf(onInstance), "in place"],
  // What is kept of the tenant must not go.
  ["delete", fromServer, fromServer, "data at risk"],
])("what is done to a server that is a second place is not done to the tenant: %s", (op, before, after, impact) => {
  const steps = [
    serverStep(op, "docker:index/volume:Volume", "data"),
    serverStep(op, "docker:index/container:Container", "server"),
  ];
  const { tenants } = reportOf(parsePreview(JSON.stringify({ steps })), plannedAfter(before, after));
  expect(tenants).toMatchObject([{ id: "acme", impact }]);
  expect(tenants[0]?.reasons).toHaveLength(1);
});
