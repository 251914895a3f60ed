import { describe, expect, test } from "vitest";
import { parseTenants } from "../../../tenants/load.ts";
import { refusal } from "../../support/fixtures/read.ts";

const lines = (text: string): string[] => refusal(text).message.split("\n");

describe("the core schema of YAML 1.2", () => {
  test.each(["off", "yes", "y-e-s"])("reads %s as text", (word) => {
    expect(parseTenants(`tenants: [{ id: ${word} }]`, "f")).toMatchObject([{ id: word }]);
  });

  test.each(["0o17", "0x1F", ".inf", "null", "~", "False", "1_000", "12:30:45", "2024-01-01"])(
    "does not let %s through as an id, whatever it reads it as",
    (word) => {
      expect(lines(`tenants: [{ id: ${word} }]`)).toEqual([
        expect.stringMatching(/tenants\[0\]\.id: got .*an id of 3 to/),
      ]);
    },
  );
});

describe("errors of syntax", () => {
  test("do not hide the mistakes above them", () => {
    expect(lines("tenants:\n  - id: Acme\n  - id: hooli\n    memory: 5GB\n    plan: 'small\n")).toEqual([
      expect.stringContaining('tenants.yaml:2:9 tenants[0].id: got "Acme"'),
      expect.stringContaining('tenants.yaml:4:13 tenants[1] ("hooli").memory: got "5GB"'),
      expect.stringContaining("tenants.yaml:5:11: got a quote that is never closed"),
    ]);
  });

  test("hide what they may have caused: the fields below are not called missing", () => {
    expect(lines("defaults: { plan: wide\nplans: { wide: {} }\ntenants: [{ id: acme }]\n").join()).not.toContain(
      "got nothing",
    );
  });

  test("come one per line, on as many lines as there are", () => {
    const found = lines("tenants:\n  - id: acme\n\t- id: hooli\n\t- id: globex\n");
    expect(found.map((line) => line.split(" ")[0])).toEqual(["tenants.yaml:3:1:", "tenants.yaml:4:1:"]);
  });
});

describe("what would make one value out of another", () => {
  test("a refused key gives its value to nobody", () => {
    const attack = '{ "__proto__": { "plan": "large", "memory": "1024 GB" }, "id": "acme" }';
    expect(lines(`tenants: [${attack}]`)).toEqual([expect.stringContaining('got the key "__proto__"')]);
    expect(({} as Record<string, unknown>)["plan"]).toBeUndefined();
  });

  test.each(["__proto__", "constructor", "prototype"])("the key %s is refused on every level", (key) => {
    const value = `{ ${key}: { plan: large } }`;
    const everywhere = `${key}: 1\ndefaults: ${value}\nplans: { ${key}: {}, small: ${value} }\ntenants: [{ id: acme, ${key}: 1 }]`;
    expect(lines(everywhere)).toEqual(Array(5).fill(expect.stringContaining(`got the key "${key}"`)));
  });

  test.each(["toString", "valueOf", "hasOwnProperty"])("a mapping with the key %s is told like any other", (key) => {
    const fields = [
      "id",
      "memory",
      "cpuShares",
      "state",
      "user",
      "renamedFrom",
      "password",
      "statementTimeout",
      "volume",
    ];
    for (const field of fields) {
      expect(lines(JSON.stringify({ tenants: [{ id: "acme", [field]: { [key]: 1 } }] }))).toEqual([
        expect.stringMatching(/got (a mapping|something else), expected/),
      ]);
    }
    expect(lines(JSON.stringify({ tenants: [{ id: "acme", access: { enabled: { [key]: 1 } } }] }))).toHaveLength(1);
    expect(lines(JSON.stringify({ tenants: [{ id: "acme", access: { allow: [{ [key]: 1 }] } }] }))).toHaveLength(1);
  });

  test("keys written in two ways are the same key", () => {
    expect(lines('tenants: [{ id: acme, "id": hooli }]')).toEqual([expect.stringContaining('got the key "id" again')]);
    expect(lines('tenants: [{ id: acme, "\\u0069d": hooli }]')).toEqual([
      expect.stringContaining('got the key "id" again'),
    ]);
  });

  test("anchors and aliases are refused on keys, values, lists and mappings", () => {
    expect(lines("defaults: &d { plan: small }\ntenants: &t\n  - id: &i acme\n  - *d\n  - &k id: hooli\n")).toEqual([
      expect.stringContaining('defaults: got the anchor "&d"'),
      expect.stringContaining('tenants: got the anchor "&t"'),
      expect.stringContaining('tenants[0].id: got the anchor "&i"'),
      expect.stringContaining('tenants[1]: got the alias "*d"'),
      expect.stringContaining('tenants[2].id: got the anchor "&k"'),
    ]);
  });
});

describe("a hostile file is refused in bounded time", () => {
  const times = 250_000;
  test.each([
    ["nested lists", "[".repeat(times)],
    ["nested sequences", "- ".repeat(times / 2)],
    ["nested mappings", "{a: ".repeat(times / 4)],
    ["nested keys", "? ".repeat(times / 2)],
    ["many keys", Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join("\n")],
    ["many aliases", `a: &a [x, x]\n${Array.from({ length: 10_000 }, (_, index) => `k${index}: [*a, *a]`).join("\n")}`],
    ["many quotes", `[${'"a" '.repeat(times / 4)}`],
    ["bad escapes", `a: "${"\\x".repeat(times / 2)}"`],
    ["many anchors", "&a ".repeat(times / 3)],
    ["many tenants", `tenants: [${"1,".repeat(times / 2)}]`],
    ["a long key", `? ${"x".repeat(times)}`],
    ["a long id", `tenants: [{ id: ${"x".repeat(times)} }]`],
    ["a long network", `tenants: [{ id: acme, access: { allow: [${"a:".repeat(times / 4)}/64] } }]`],
    ["a size and a long gap", `tenants: [{ id: acme, memory: "30${" ".repeat(times / 2)}x" }]`],
    ["a time span and a long gap", `tenants: [{ id: acme, statementTimeout: "30${" ".repeat(times / 2)}x" }]`],
    ["a long confirmation", `tenants: [{ id: acme, state: removed, confirm: ${"2026-".repeat(times / 8)} }]`],
    ["a long list of earlier ids", `tenants: [{ id: acme, renamedFrom: [${"a,".repeat(times / 4)}] }]`],
    ["a long plan name", `tenants: [{ id: acme, plan: ${"x".repeat(times)} }]`],
  ])("%s", { timeout: 20_000 }, (_, text) => {
    const error = refusal(text);
    expect(error.name).toBe("TenantsFileError");
    expect(error.message.length).toBeLessThan(50_000);
  });
});
