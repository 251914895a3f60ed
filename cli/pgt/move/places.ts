import type { SharedTenant, TenantList } from "../../../tenants/sharedTenant.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import type { Context } from "../context.ts";
import { isOnInstance } from "../tenants.ts";
import type { End } from "./end.ts";

/** A tenant in one of its places. */
export type Place = Tenant | SharedTenant;

/** Where a tenant's second place is; undefined for a tenant that has none. */
export function secondOf({ beside }: TenantList, id: string): Place | undefined {
  return [...beside.servers, ...beside.shared].find((tenant) => tenant.id === id);
}

/** A place as one end of a move. */
export function endOf({ config }: Context, place: Place): End {
  const { id, database, owner, origin: key } = place;
  return { container: config.names.tenant(isOnInstance(place) ? place.instance : id), database, owner, key };
}

/** A place in words. */
export function named(place: Place): string {
  return isOnInstance(place) ? `the instance ${place.instance}` : "its own server";
}

/** What is asked before the data of a place is deleted, and what is said then. A volume that the operator has brought stays. Pure. */
export function deletion(place: Place): { readonly asked: string; readonly done: string } {
  const { id } = place;
  const volume = isOnInstance(place) ? undefined : place.adoptedVolume;
  const backups = isOnInstance(place) ? "" : ", and the backups of before";
  const stays = volume === undefined ? "" : `; the volume ${volume}, which was there before the tenant, stays`;
  return {
    asked: `Delete what ${named(place)} keeps of ${id} for good? Its data from before the move goes${backups}${stays}; there is no way back then.`,
    done: `${id}: what was kept of before the move is deleted${stays}`,
  };
}
