import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import * as z from "zod";
import { parseTenants } from "../../../tenants/load.ts";
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

  const entryOf = (fields: unknown): string => JSON.stringify({ tenants: [{ id: "acme", ...Object(fields) }] });

  test.each(["minimal.yaml", "full.yaml"])("accepts %s", (name) => {
    expect(accepts(fixture(name))).toBe(true);
  });
  test("accepts the example", () => {
    expect(accepts(read("tenants/tenants.yaml"))).toBe(true);
  });
  test.each([
    { state: "stopped" },
    { state: "removed", confirm: "acme 2026-11-21" },
    { renamedFrom: "acme-old" },
    { renamedFrom: ["acme-old", "acme-older"] },
    { user: "postgres", database: "acme-orders", volume: "Acme.data" },
    { access: {} },
    { access: { enabled: false, allow: ["10.0.0.0/8", "::/0"], maxConnectionsPerIp: 1 } },
    { password: "custom", passwordVersion: 2, tls: "passthrough" },
    { disk: "10 GB", statementTimeout: "none", idleInTransactionTimeout: "90 s" },
    { lockTimeout: "500 ms", tempFileLimit: "1 MB", readOnly: true, allowDdl: false },
  ])("and the program accept %j", (fields) => {
    expect(accepts(entryOf(fields))).toBe(true);
    expect(parseTenants(entryOf(fields), "f")).toHaveLength(1);
  });

  test.each([
    ...["id-upper-case", "id-doubled-hyphen", "id-missing", "field-unknown", "memory-without-space", "tenants-empty"],
    ...["state-unknown", "state-misspelled", "confirm-a-flag", "renamed-from-empty", "renamed-from-too-many"],
    ...["renamed-from-upper-case", "renamed-from-upper-case-in-list", "renamed-from-a-number", "user-upper-case"],
    ...["access-a-flag", "access-field-unknown", "access-enabled-yes", "access-enabled-in-quotes"],
    ...["access-allow-text", "access-allow-empty", "access-allow-too-many", "access-allow-address"],
    ...["access-allow-host-name", "access-connections-per-ip-zero", "password-itself", "password-version-zero"],
    ...["password-version-fraction", "tls-unknown", "volume-path", "disk-without-space", "timeout-without-space"],
    ...["timeout-without-unit", "timeout-zero", "timeout-in-days", "timeout-in-plan"],
  ])("refuses %s", (name) => {
    expect(accepts(fixture(`mistakes/${name}.yaml`))).toBe(false);
  });
});

test("the editor's schema refuses reserved ids, and only those", () => {
  const { enum: reserved } = JSON.parse(renderJsonSchema()).properties.tenants.items.properties.id.not;
  expect(reserved).toContain("postgres");
  for (const id of reserved) expect(whyIdReserved(id), id).toBeDefined();
});

const fields = Object.entries(TenantSchema.shape).flatMap(([field, type]) => {
  const inner = type instanceof z.ZodExactOptional ? type.unwrap() : type;
  return inner instanceof z.ZodObject ? Object.keys(inner.shape).map((name) => `${field}.${name}`) : [field];
});

test.each(fields)("the reference explains %s", (field) => {
  expect(renderReference()).toContain(`\n### \`${field}\`\n`);
});

test("the reference's example is accepted", () => {
  const [, example = ""] = /```yaml\n([^`]+)```/.exec(renderReference()) ?? [];
  expect(parseTenants(example, "f").map(({ state }) => state)).toEqual([
    "running",
    "running",
    "stopped",
    "removed",
    "running",
  ]);
});

test("the input side imports nothing of Pulumi, and nothing from outside its folder", () => {
  const files = readdirSync(join(root, "tenants")).filter((name) => name.endsWith(".ts"));
  expect(files).toContain("load.ts");
  for (const file of files) {
    const imports = [...read(`tenants/${file}`).matchAll(/^(?:import\b|export [{*])[^"]*"([^"]+)"/gm)].map(
      ([, from]) => from,
    );
    expect(read(`tenants/${file}`)).not.toContain("import(");
    expect(imports.filter((from) => !/^(\.\/[A-Za-z]+\.ts|node:[a-z]+|ipaddr\.js|yaml|zod)$/.test(from ?? ""))).toEqual(
      [],
    );
  }
});
