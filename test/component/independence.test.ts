import fc from "fast-check";
import { expect, test } from "vitest";
import { placeTenants } from "../../components/addresses.ts";
import { TenantDatabase } from "../../components/tenantDatabase.ts";
import { parseTenants } from "../../tenants/load.ts";
import { registeredBy } from "../support/mocks.ts";
import { settings } from "../support/settings.ts";
import { databaseArgs } from "../support/tenants.ts";

/** From the text of tenants.yaml to every resource input, by resource name. */
async function inputsFor(ids: readonly string[], recorded: Record<string, string>): Promise<Map<string, string>> {
  const text = `tenants:\n${ids.map((id) => `  - id: ${id}\n`).join("")}`;
  const placed = placeTenants(settings.subnet, parseTenants(text, "tenants.yaml"), recorded);
  const resources = await registeredBy(() => {
    for (const tenant of placed) new TenantDatabase(tenant.id, databaseArgs(tenant));
  });
  for (const { id, address } of placed) recorded[id] = address;
  return new Map(resources.map((resource) => [resource.name, JSON.stringify(resource)]));
}

// Hundreds of components on mocks, which a machine with other work takes its time for.
test("adding, removing or re-ordering tenants leaves every input of the others byte-equal", async () => {
  const id = fc.stringMatching(/^t[a-z0-9]{2,8}$/);
  const lists = fc
    .uniqueArray(id, { minLength: 2, maxLength: 6 })
    .chain((ids) => fc.tuple(fc.shuffledSubarray(ids, { minLength: 1 }), fc.shuffledSubarray(ids, { minLength: 1 })));
  await fc.assert(
    fc.asyncProperty(lists, async ([before, after]) => {
      const recorded = {};
      const first = await inputsFor(before, recorded);
      const second = await inputsFor(after, recorded);
      const stayed = [...second.keys()].filter((name) => first.has(name));
      expect(stayed).toHaveLength(7 * after.filter((name) => before.includes(name)).length);
      for (const name of stayed) expect(second.get(name)).toBe(first.get(name));
    }),
    { numRuns: 25 },
  );
}, 60_000);
