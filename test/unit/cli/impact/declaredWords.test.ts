import { expect, test } from "vitest";
import { declaredReasons } from "../../../../cli/pgt/impact/declaredWords.ts";
import type { Declared } from "../../../../tenants/declared.ts";
import { declaredRole, declaring } from "../../../support/declared.ts";

const urn = "urn:pulumi:dev::pgtenants::command:local:Command::acme-sql";
const step = (before: Declared | undefined, after: Declared | undefined) => {
  const side = (declared: Declared | undefined) => ({
    ...{ urn, type: "command:local:Command", custom: true },
    inputs: { environment: declared === undefined ? {} : { DECLARED: JSON.stringify(declared) } },
  });
  return {
    ...{
      type: "command:local:Command",
      name: "acme-sql",
      parent: "",
      custom: true,
      operation: "update" as const,
      properties: [],
    },
    before: side(before),
    after: side(after),
  };
};
const database = (name: string, differences: Partial<Declared["databases"][number]> = {}) => ({
  ...{ name, droppedOn: undefined, extensions: [], schemas: [] },
  ...differences,
});
const acme = database("acme");
const further = declaring({ databases: [acme, database("analytics")] });
const schema = (droppedOn?: string) =>
  declaring({ databases: [database("acme", { schemas: [{ name: "sales", droppedOn, owner: "acme" }] })] });
const extension = (version?: string) =>
  declaring({ databases: [database("acme", { extensions: [{ name: "vector", droppedOn: undefined, version }] })] });
const roles = (...list: Declared["roles"]) => declaring({ roles: list });
const gone = "2026-11-21";

test.each<[string, Declared | undefined, Declared | undefined, readonly string[]]>([
  ["nothing", further, further, []],
  ["a database more", undefined, further, ["in place: database analytics added"]],
  ["one whose entry is gone", further, undefined, ["in place: database analytics has no entry any more, and stays"]],
  [
    "one that is dropped",
    further,
    declaring({ databases: [acme, database("analytics", { droppedOn: gone })] }),
    ["data at risk: database analytics dropped, with all that is in it"],
  ],
  [
    "a schema that is dropped",
    schema(),
    schema(gone),
    ["data at risk: schema sales of acme dropped, with all that is in it"],
  ],
  ["another day of what was dropped", schema(gone), schema("2026-11-22"), []],
  ["a drop's entry that goes", schema(gone), undefined, ["in place: schema sales of acme: no entry any more"]],
  [
    "an extension's version",
    extension(),
    extension("latest"),
    ["in place: extension vector of acme: version none → latest"],
  ],
  [
    "a role more",
    undefined,
    roles(declaredRole()),
    ["in place: role reporting added (login: true, readOnly: false, inRoles: [])"],
  ],
  [
    "a role's password",
    roles(declaredRole()),
    roles(declaredRole({ passwordVersion: 2 })),
    ["in place: role reporting: passwordVersion 1 → 2"],
  ],
  [
    "a role that gets to write",
    roles(declaredRole({ readOnly: true })),
    roles(declaredRole({ inRoles: ["acme"] })),
    ["in place: role reporting: readOnly true → false, inRoles [] → [acme]"],
  ],
  [
    "a role's login",
    roles(declaredRole()),
    roles(declaredRole({ login: false })),
    ["sessions end: role reporting: login true → false"],
  ],
  [
    "a role whose entry is gone",
    roles(declaredRole()),
    undefined,
    ["sessions end: role reporting has no entry any more: it stays, and cannot log in"],
  ],
  [
    "a role that could not log in anyhow",
    roles(declaredRole({ login: false })),
    undefined,
    ["in place: role reporting has no entry any more, and stays"],
  ],
  [
    "a role that is dropped",
    roles(declaredRole()),
    roles(declaredRole({ droppedOn: gone })),
    ["sessions end: role reporting dropped; what it owned is the tenant's"],
  ],
  [
    "a role that could not log in, and is dropped",
    roles(declaredRole({ login: false })),
    roles(declaredRole({ login: false, droppedOn: gone })),
    ["in place: role reporting dropped; what it owned is the tenant's"],
  ],
  [
    "a schema that was dropped, and is to be there again",
    schema(gone),
    schema(),
    ["in place: schema sales of acme added"],
  ],
  [
    "a setting that comes, and one that goes",
    declaring({ settings: { reload: { jit: "on" }, restart: {} } }),
    declaring({ settings: { reload: { work_mem: "8MB" }, restart: {} } }),
    ["in place: setting jit: on → the server's default", "in place: setting work_mem: the server's default → 8MB"],
  ],
  [
    "a setting",
    declaring({ settings: { reload: { jit: "on" }, restart: {} } }),
    declaring({ settings: { reload: { jit: "off" }, restart: { max_locks_per_transaction: "50" } } }),
    ["in place: setting jit: on → off"],
  ],
])("%s", (_, before, after, expected) => {
  expect(declaredReasons(step(before, after)).map(({ impact, text }) => `${impact}: ${text}`)).toEqual(expected);
});
