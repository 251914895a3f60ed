import fc from "fast-check";
import { expect, test } from "vitest";
import { parseTenants } from "../../../tenants/load.ts";
import type { Tenant } from "../../../tenants/tenant.ts";

const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const size = (minMiB: number, maxMiB: number) =>
  fc.integer({ min: minMiB, max: maxMiB }).map((amount) => `${amount} MB`);

const timeSpan = fc.oneof(
  fc.constant("none"),
  fc.tuple(fc.integer({ min: 1, max: 24 }), fc.constantFrom("ms", "s", "min", "h")).map(([n, unit]) => `${n} ${unit}`),
);
const network = fc.oneof(
  fc.nat(255).map((part) => `10.${part}.0.0/16`),
  fc.nat(0xfff).map((part) => `2001:db8:${(part + 1).toString(16)}::/48`),
);
const access = fc.record(
  {
    enabled: fc.boolean(),
    allow: fc.array(network, { minLength: 1, maxLength: 4 }),
    maxConnectionsPerIp: fc.integer({ min: 1, max: 100 }),
  },
  { requiredKeys: [] },
);

const entry = fc.record({
  id: fc.stringMatching(/^t[a-z0-9]{1,8}(-[a-z0-9]{1,5})?x$/),
  plan: maybe(fc.constantFrom("small", "large", "medium")),
  database: maybe(fc.stringMatching(/^d[a-z0-9_]{0,20}$/)),
  memory: maybe(size(1024, 8192)),
  cpuShares: maybe(fc.integer({ min: 2, max: 262_144 })),
  // At their most they fill the 256 MB of the smallest plan.
  maxConnections: maybe(fc.integer({ min: 5, max: 64 })),
  sharedBuffers: maybe(size(1, 128)),
  user: maybe(fc.stringMatching(/^u[a-z0-9_]{0,20}$/)),
  state: maybe(fc.constantFrom("running", "stopped")),
  access: maybe(access),
  password: maybe(fc.constantFrom("generated", "custom")),
  passwordVersion: maybe(fc.integer({ min: 1, max: 1_000_000 })),
  tls: maybe(fc.constantFrom("terminate", "passthrough")),
  tier: maybe(fc.constantFrom("production", "standard")),
  disk: maybe(size(256, 100_000)),
  statementTimeout: maybe(timeSpan),
  idleInTransactionTimeout: maybe(timeSpan),
  lockTimeout: maybe(timeSpan),
  tempFileLimit: maybe(size(1, 100_000)),
  readOnly: maybe(fc.boolean()),
  allowDdl: maybe(fc.boolean()),
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
        ...(own.disk === undefined ? {} : { diskMiB: Number.parseInt(own.disk, 10) }),
        owner: own.user ?? own.id.replaceAll("-", "_"),
        state: own.state ?? "running",
        password: own.password ?? "generated",
        passwordVersion: own.passwordVersion ?? 1,
        tls: own.tls ?? "terminate",
        tier: own.tier ?? "standard",
        access: {
          enabled: own.access?.enabled ?? true,
          allow: own.access?.allow?.toSorted() ?? [],
          maxConnectionsPerIp: own.access?.maxConnectionsPerIp ?? tenant?.maxConnections,
        },
      });
    }),
  );
});

test("renaming a tenant changes its id and nothing else of it, nor any other tenant", () => {
  fc.assert(
    fc.property(entries, (tenants) => {
      const [first, ...others] = tenants;
      const before = tenantsOf(tenants);
      const after = tenantsOf([{ ...first, id: "renamed", renamedFrom: first?.id }, ...others]);
      const { id: origin, ...kept } = before.get(first?.id ?? "") ?? {};
      expect(after.get("renamed")).toEqual({ ...kept, id: "renamed", origin, formerIds: [origin] });
      for (const { id } of others) expect(after.get(id)).toEqual(before.get(id));
    }),
  );
});
