import { expect, test } from "vitest";
import { missingBeginning } from "../../../components/missingBeginning.ts";
import { settings } from "../../support/settings.ts";
import { tenant } from "../../support/tenants.ts";

const at = { type: "latest" } as const;
const here = import.meta.filename;
const url = { kind: "url" } as const;

test.each([
  ["a URL that nobody gave", { importFrom: url }, "pulumi config set --secret --path 'imports[\"acme\"]'"],
  ["a dump that is not there", { importFrom: { kind: "path", path: "./no.dump" } }, 'got the path "./no.dump"'],
  ["a mask that is not there", { from: { source: "globex", at, mask: "./no.sql" } }, "./no.sql"],
] as const)("%s", (_, differences, message) => {
  expect(missingBeginning(tenant(differences), settings)).toEqual([expect.stringContaining(message)]);
  expect(missingBeginning(tenant({ ...differences, state: "stopped" }), settings)).toEqual([]);
});

test.each([
  ["an empty database", {}],
  ["a dump", { importFrom: { kind: "path", path: here } }],
  ["a URL", { importFrom: url }],
  ["a copy", { from: { source: "globex", at, mask: here, schemaOnly: true } }],
] as const)("nothing is missing of %s", (_, differences) => {
  const imports = new Map([["acme", "postgres://app@h/d"]]);
  expect(missingBeginning(tenant(differences), { ...settings, imports })).toEqual([]);
});
