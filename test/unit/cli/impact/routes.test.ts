import { expect, test } from "vitest";
import { changedRoutes, hunks } from "../../../../cli/pgt/impact/routes.ts";
import { type Route, renderDynamicConfig } from "../../../../components/dynamicConfig.ts";

const route = (id: string, differences: Partial<Route> = {}): Route => ({
  id,
  host: `${id}.db.example.com`,
  address: "198.18.7.7",
  passthrough: false,
  allow: [],
  maxConnectionsPerIp: 40,
  ...differences,
});
const text = (...routes: readonly Route[]) => renderDynamicConfig(routes, "/certificates/0.pem");

test.each<[string, readonly Route[], readonly string[]]>([
  ["the same", [route("acme"), route("globex")], []],
  ["one that comes", [route("acme"), route("globex"), route("hooli")], ["hooli"]],
  ["one that goes", [route("globex")], ["acme"]],
  ["another address", [route("acme", { address: "198.18.7.8" }), route("globex")], ["acme"]],
  ["other networks", [route("acme"), route("globex", { allow: ["203.0.113.0/24"] })], ["globex"]],
  ["another number of connections", [route("acme", { maxConnectionsPerIp: 41 }), route("globex")], ["acme"]],
  ["none at all", [], ["acme", "globex"]],
])("whose route changes: %s", (_, after, expected) => {
  const before = text(route("acme"), route("globex"));
  expect([...changedRoutes({ before, after: text(...after) })].sort()).toEqual(expected);
});

test("other networks in the same list are a change of that tenant", () => {
  const before = text(route("acme", { allow: ["203.0.113.0/24"] }), route("globex"));
  const after = text(route("acme", { allow: ["198.51.100.0/24"] }), route("globex"));
  expect([...changedRoutes({ before, after })]).toEqual(["acme"]);
});

test("shows each place that differs, with lines around it, and nothing of what lies between", () => {
  const before = Array.from({ length: 20 }, (_, at) => `line ${at}`).join("\n");
  const after = before.replace("line 3\n", "line three\n").replace("line 17", "line seventeen");
  expect(hunks({ before, after })).toEqual([
    ...["…", "  line 1", "  line 2", "- line 3", "+ line three", "  line 4", "  line 5"],
    ...["…", "  line 15", "  line 16", "- line 17", "+ line seventeen", "  line 18", "  line 19"],
  ]);
  expect(hunks({ before, after: before })).toEqual([]);
});
