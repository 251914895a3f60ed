import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTenants } from "../../../tenants/load.ts";
import type { Tenant } from "../../../tenants/tenant.ts";

const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const size = (minMiB: number, maxMiB: number) =>
  fc.integer({ min: minMiB, max: maxMiB }).map((amount) => `${amount} MB`);

const entry = fc.record({
  id: fc.stringMatching(/^t[a-z0-9]{1,8}(-[a-z0-9]{1,5})?x$/),
  plan: maybe(fc.constantFrom("small", "large", "medium")),
  database: maybe(fc.stringMatching(/^d[a-z0-9_]{0,20}$/)),
  memory: maybe(size(1024, 8192)),
  cpuShares: maybe(fc.integer({ min: 2, max: 262_144 })),
  // At their most they fill the 256 MB of the smallest plan.
  maxConnections: maybe(fc.integer({ min: 5, max: 64 })),
  sharedBuffers: maybe(size(1, 128)),
});
const entries = fc.uniqueArray(entry, { minLength: 1, maxLength: 12, selector: ({ id }) => id });
const plans = { medium: { memory: "1 GB", sharedBuffers: "64 MB" } };

/** The tenants by id; JSON leaves out the undefined fields. */
function tenantsOf(tenants: readonly unknown[]): ReadonlyMap<string, Tenant> {
  return new Map(parseTenants(JSON.stringify({ plans, tenants }), "f").map((tenant) => [tenant.id, tenant]));
}

test("the order of the file is the order of the tenants", () => {
  fc.assert(
    fc.property(entries, (tenants) => {
      expect([...tenantsOf(tenants).keys()]).toEqual(tenants.map(({ id }) => id));
    }),
  );
});

test("re-ordering the file changes no tenant", () => {
  const shuffled = entries.chain((tenants) =>
    fc.tuple(fc.constant(tenants), fc.shuffledSubarray(tenants, { minLength: tenants.length })),
  );
  fc.assert(
    fc.property(shuffled, ([tenants, others]) => {
      const before = tenantsOf(tenants);
      const after = tenantsOf(others);
      expect(after.size).toBe(before.size);
      for (const [id, tenant] of before) expect(after.get(id)).toEqual(tenant);
    }),
  );
});

test("adding or removing tenants changes no other tenant", () => {
  const subset = entries.chain((tenants) => fc.tuple(fc.constant(tenants), fc.subarray(tenants, { minLength: 1 })));
  fc.assert(
    fc.property(subset, ([all, some]) => {
      const many = tenantsOf(all);
      for (const [id, tenant] of tenantsOf(some)) expect(many.get(id)).toEqual(tenant);
    }),
  );
});

test("what a tenant sets itself is what it gets", () => {
  fc.assert(
    fc.property(entry, (own) => {
      const tenant = tenantsOf([own]).get(own.id);
      expect(tenant).toMatchObject({
        ...(own.plan === undefined ? { plan: "small" } : { plan: own.plan }),
        database: own.database ?? own.id.replaceAll("-", "_"),
        ...(own.memory === undefined ? {} : { memoryMiB: Number.parseInt(own.memory, 10) }),
        ...(own.cpuShares === undefined ? {} : { cpuShares: own.cpuShares }),
        ...(own.maxConnections === undefined ? {} : { maxConnections: own.maxConnections }),
        ...(own.sharedBuffers === undefined ? {} : { sharedBuffersMiB: Number.parseInt(own.sharedBuffers, 10) }),
      });
    }),
  );
});
