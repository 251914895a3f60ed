import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTenants } from "../../../tenants/load.ts";
import { renameTenant } from "../../../tenants/rename.ts";

/** The text after a tenant had these ids, one after the other. */
function chain(text: string, [first = "", ...ids]: readonly string[]): string {
  return ids.reduce(({ id, text }, next) => ({ id: next, text: renameTenant(text, id, next) }), { id: first, text })
    .text;
}

test.each([
  ["the old one is noted", ["acme", "beta"], "{ id: beta, renamedFrom: acme }"],
  ["after the earlier ones", ["acme", "beta", "gamma"], "{ id: gamma, renamedFrom: [ acme, beta ] }"],
  ["the first id again", ["acme", "beta", "acme"], "{ id: acme, renamedFrom: [ acme, beta ] }"],
  ["there and back, and there", ["acme", "beta", "acme", "beta"], "{ id: beta, renamedFrom: [ acme ] }"],
  ["a later one again", ["acme", "beta", "gamma", "beta"], "{ id: beta, renamedFrom: [ acme, gamma ] }"],
  ["on from the first", ["acme", "beta", "acme", "gamma"], "{ id: gamma, renamedFrom: [ acme, beta ] }"],
])("%s", (_, ids, expected) => {
  expect(chain("tenants:\n  - { id: acme }\n", ids)).toBe(`tenants:\n  - ${expected}\n`);
});

test("a field of its own, below the id", () => {
  expect(renameTenant("tenants:\n  - id: acme # since 2019\n  - id: globex\n", "acme", "beta")).toBe(
    "tenants:\n  - id: beta # since 2019\n    renamedFrom: acme\n  - id: globex\n",
  );
});

test("an id that the tenant gets back goes from the list with its line, the others keep theirs", () => {
  const list = (id: string, ...lines: string[]) =>
    ["tenants:", `  - id: ${id}`, "    renamedFrom:", ...lines.map((line) => `      - ${line}`), ""].join("\n");
  const before = list("gamma", "acme # the first", "beta", "delta # last");
  expect(renameTenant(before, "gamma", "beta")).toBe(list("beta", "acme # the first", "delta # last", "gamma"));
});

test("an id that is taken is refused", () => {
  expect(() => renameTenant("tenants:\n  - id: acme\n  - id: globex\n", "acme", "globex")).toThrow(
    'tenant "globex" is there already',
  );
});

test("a tenant may be renamed as often as one likes: the rules take it, and its data is the first id's", () => {
  const names = ["acme", "beta", "gamma", "delta"] as const;
  const entry = fc.constantFrom(
    "{ id: acme }",
    "id: acme",
    "{ id: acme, renamedFrom: first }",
    "id: acme\n    renamedFrom: [first, beta]",
    "id: acme\n    renamedFrom:\n      - first\n      - second # once",
  );
  const ids = fc.array(fc.constantFrom(...names), { maxLength: 8 });
  fc.assert(
    fc.property(entry, ids, (written, wishes) => {
      const route = ["acme", ...wishes].filter((name, place, all) => name !== all[place - 1]);
      const text = `tenants:\n  - ${written}\n  - id: globex\n`;
      const [before, after] = [text, chain(text, route)].map((one) => parseTenants(one, "tenants.yaml")[0]);
      expect(after).toMatchObject({ id: route.at(-1), origin: before?.origin });
      const had = new Set([...route, ...(before?.formerIds ?? [])].filter((name) => name !== after?.id));
      expect(new Set(after?.formerIds)).toEqual(had);
    }),
  );
});
