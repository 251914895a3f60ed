import { describe, expect, test } from "vitest";
import { isRebuilt, pluginSchema, pluginShapes } from "./pluginShapes.ts";
import { type ResourceShape, type Shape, sdkShapes } from "./sdkShapes.ts";

/** What the rebuilt plugins leave out on purpose; toolchain/README.md says so. */
const leftOut = {
  resources: ["docker:index/image:Image"],
  properties: {
    "command:local:Command": ["archive", "archivePaths?", "assetPaths?", "archivePaths", "assetPaths", "assets"],
  },
};

// The SDK sends properties by these names and the plugins ignore names that they do not know: a difference here is an input
// that is silently dropped, or an output that is always undefined.
describe.each([
  ["docker", "docker:index/"],
  ["random", "random:index/"],
  ["command", "command:local:"],
])("@pulumi/%s and its plugin agree", (name, prefix) => {
  const wanted = (token: string) => token === name || token.startsWith(prefix);
  const schema = pluginSchema(name);
  const plugin = new Map([...pluginShapes(name, schema)].filter(([token]) => wanted(token)));
  const sdk = sdkShapes(`@pulumi/${name}`, wanted);

  test("both have the same resources", () => {
    const expected = [...sdk.keys()].filter((token) => !isRebuilt(schema) || !leftOut.resources.includes(token));
    expect([...plugin.keys()].sort()).toEqual(expected.sort());
  });

  test.each([...plugin.keys()].filter((token) => token !== name))("%s", (token) => {
    expect(plugin.get(token)).toEqual(without(sdk.get(token), isRebuilt(schema) ? propertiesLeftOut(token) : []));
  });

  test("provider configuration", () => {
    expect(plugin.get(name)?.inputs).toEqual(sdk.get(name)?.inputs);
  });
});

function propertiesLeftOut(token: string): readonly string[] {
  return Object.entries(leftOut.properties).find(([type]) => type === token)?.[1] ?? [];
}

function without(shape: ResourceShape | undefined, names: readonly string[]): ResourceShape | undefined {
  const kept = (from: Shape): Shape =>
    typeof from === "object" && !Array.isArray(from)
      ? Object.fromEntries(Object.entries(from).filter(([name]) => !names.includes(name)))
      : from;
  return shape && { ...shape, inputs: kept(shape.inputs), outputs: kept(shape.outputs) };
}
