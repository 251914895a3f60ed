import { expect, test } from "vitest";
import { parseTenants } from "../../../../tenants/load.ts";
import { fieldChanges, fixedFields, tenantFields } from "../../../support/plans/fieldChanges.ts";

test("what happens to a running tenant is tried for every field of its entry (e2e/foretold)", () => {
  const tried = [...fieldChanges.flatMap(({ fields }) => fields), ...fixedFields.keys()];
  expect(tried.toSorted()).toEqual(tenantFields.toSorted());
});

test("each change is one that the file can have", () => {
  const entries = fieldChanges.map(({ after }, at) => `  - { ${after(`tenant-${at}`, "2026-11-21")} }\n`);
  const text = `plans: { other: { memory: 128 MB } }\ntenants:\n${entries.join("")}`;
  expect(parseTenants(text, "f")).toHaveLength(fieldChanges.length);
});
