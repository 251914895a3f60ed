import type { SharedTenant, TenantList } from "../../../tenants/sharedTenant.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import type { Context } from "../context.ts";
import { isOnInstance } from "../tenants.ts";
import type { End } from "./end.ts";

/** Where a tenant's second place is; undefined for a tenant that has none. */
export function secondOf({ beside }: TenantList, id: string): Tenant | SharedTenant | undefined {
  return [...beside.servers, ...beside.shared].find((tenant) => tenant.id === id);
}

/** A place as one end of a move. */
export function endOf({ config }: Context, place: Tenant | SharedTenant): End {
  const { id, database, owner } = place;
  return { container: config.names.tenant(isOnInstance(place) ? place.instance : id), database, owner };
}

/** A place in words. */
export function named(place: Tenant | SharedTenant): string {
  return isOnInstance(place) ? `the instance ${place.instance}` : "its own server";
}
