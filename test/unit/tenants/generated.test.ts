import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { whyIdReserved } from "../../../tenants/names.ts";
import { renderJsonSchema, renderReference } from "../../../tenants/reference.ts";
import { TenantSchema } from "../../../tenants/schema.ts";
import { fixture } from "../../support/fixtures/read.ts";

const root = join(import.meta.dirname, "../../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

describe("what `npm run generate` writes is current", () => {
  test("the editor's schema", () => {
    expect(read("tenants/tenants.schema.json")).toBe(renderJsonSchema());
  });
  test("the reference", () => {
    expect(read("docs/tenants-reference.md")).toBe(renderReference());
  });
});

test("the example names the editor's schema", () => {
  expect(read("tenants/tenants.yaml").split("\n")[0]).toBe("# yaml-language-server: $schema=./tenants.schema.json");
});

describe("the editor's schema", () => {
  // Zod, which reads it back here, knows no "not".
  const schema = z.fromJSONSchema(JSON.parse(renderJsonSchema(), (key, value) => (key === "not" ? undefined : value)));
  const accepts = (text: string): boolean => schema.safeParse(parse(text)).success;

  test.each(["minimal.yaml", "full.yaml"])("accepts %s", (name) => {
    expect(accepts(fixture(name))).toBe(true);
  });
  test("accepts the example", () => {
    expect(accepts(read("tenants/tenants.yaml"))).toBe(true);
  });
  test.each([
    "id-upper-case",
    "id-doubled-hyphen",
    "id-missing",
    "field-unknown",
    "memory-without-space",
    "tenants-empty",
  ])("refuses %s", (name) => {
    expect(accepts(fixture(`mistakes/${name}.yaml`))).toBe(false);
  });
});

test("the editor's schema refuses reserved ids, and only those", () => {
  const { enum: reserved } = JSON.parse(renderJsonSchema()).properties.tenants.items.properties.id.not;
  expect(reserved).toContain("postgres");
  for (const id of reserved) expect(whyIdReserved(id), id).toBeDefined();
});

test.each(Object.keys(TenantSchema.shape))("the reference explains %s", (field) => {
  expect(renderReference()).toContain(`| \`${field}\` |`);
});

test("the input side imports nothing of Pulumi, and nothing from outside its folder", () => {
  const files = readdirSync(join(root, "tenants")).filter((name) => name.endsWith(".ts"));
  expect(files).toContain("load.ts");
  for (const file of files) {
    const imports = [...read(`tenants/${file}`).matchAll(/^(?:import\b|export [{*])[^"]*"([^"]+)"/gm)].map(
      ([, from]) => from,
    );
    expect(read(`tenants/${file}`)).not.toContain("import(");
    expect(imports.filter((from) => !/^(\.\/[A-Za-z]+\.ts|node:[a-z]+|yaml|zod)$/.test(from ?? ""))).toEqual([]);
  }
});
