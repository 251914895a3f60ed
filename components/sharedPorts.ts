import { createHash } from "node:crypto";
import type { SharedTenant } from "../tenants/sharedTenant.ts";

/** The first port of an instance's pooler, and how many there are: twice as many as tenants, so that a port is given away again late. */
const first = 20_000;
const count = 1000;

/** A tenant with its port at the instance's pooler. */
export type PlacedShared = SharedTenant & { readonly port: number };

/** What the last deployment gave a tenant. */
export interface LastPort {
  readonly instance: string | undefined;
  readonly port: number | undefined;
}

/**
 * Gives each tenant a port of its instance's pooler that is its own for good: it keeps the one that it had there; a new one takes the one that
 * a hash of its first id names or, where that is taken, the next free one, in the order of ids. So the order of tenants.yaml does not matter and
 * nobody moves because somebody else came or went: the route of one must never lead to another's pool.
 * @param last what the last deployment gave a tenant, under its id or an earlier one; also of tenants that go.
 */
export function placePorts(
  tenants: readonly SharedTenant[],
  last: ReadonlyMap<string, LastPort>,
): readonly PlacedShared[] {
  const ports = new Map<SharedTenant, number>();
  for (const [instance, here] of Map.groupBy(tenants, (tenant) => tenant.instance)) {
    for (const [tenant, port] of placeOn(instance, here, last)) ports.set(tenant, port);
  }
  return tenants.map((tenant) => {
    const port = ports.get(tenant);
    if (port === undefined) throw new Error(`no port for ${tenant.id}`);
    return { ...tenant, port };
  });
}

function placeOn(
  instance: string,
  tenants: readonly SharedTenant[],
  last: ReadonlyMap<string, LastPort>,
): ReadonlyMap<SharedTenant, number> {
  const sorted = tenants.toSorted((one, other) => (one.origin < other.origin ? -1 : 1));
  const placed = new Map<SharedTenant, number>();
  const taken = new Set<number>();
  const take = (tenant: SharedTenant, port: number) => {
    placed.set(tenant, port);
    taken.add(port);
  };
  for (const tenant of sorted) {
    const known = [tenant.id, ...tenant.formerIds.toReversed()].map((id) => last.get(id));
    const port = known.find((one) => one?.instance === instance)?.port;
    if (port !== undefined && port >= first && port < first + count && !taken.has(port)) take(tenant, port);
  }
  // Those of tenants that go, until there is no other.
  const leaving = [...last.values()].flatMap((one) => (one.instance === instance ? (one.port ?? []) : []));
  const avoided = new Set(leaving.length + tenants.length <= count ? leaving : []);
  for (const tenant of sorted.filter((one) => !placed.has(one))) {
    let slot = createHash("sha256").update(tenant.origin).digest().readUInt32BE(0) % count;
    while (taken.has(first + slot) || avoided.has(first + slot)) slot = (slot + 1) % count;
    take(tenant, first + slot);
  }
  return placed;
}
