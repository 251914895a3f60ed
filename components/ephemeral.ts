import type { Tenant } from "../tenants/tenant.ts";
import type { LastDeployment } from "./lastDeployment.ts";
import { previousOf, type Transition, volumeOf } from "./transitions.ts";

/**
 * Tenants that go by themselves, and their data with them. Pure.
 */

/** Until when a tenant lives, as ISO 8601: from its first deployment on. Undefined for one that stays. */
export function endOf(tenant: Tenant, last: LastDeployment, now: Date): string | undefined {
  if (tenant.lifeSeconds === undefined) return undefined;
  const end = () => new Date(now.getTime() + (tenant.lifeSeconds ?? 0) * 1000).toISOString();
  return previousOf(tenant, last)?.until ?? end();
}

/** The ids of those that the last deployment knows. */
export function ephemeralIn(last: LastDeployment): ReadonlySet<string> {
  return new Set([...last].filter(([, { until }]) => until !== undefined).map(([id]) => id));
}

/** Whether its time is up. */
export function hasExpired(tenant: Tenant, last: LastDeployment, now: Date): boolean {
  const end = endOf(tenant, last, now);
  return end !== undefined && Date.parse(end) <= now.getTime();
}

/** Tenants that were made to stay and are ephemeral now: the next deployment but one would delete their data. */
export function madeToStay({ listed, last, tenantsFile }: Transition): string[] {
  return listed.flatMap((tenant) => {
    const previous = previousOf(tenant, last);
    if (tenant.lifeSeconds === undefined || previous?.volume === undefined || previous.until !== undefined) return [];
    return [
      `${tenantsFile}: "${tenant.id}": got ephemeral for a tenant that was made to stay, expected it of new ones only, because it deletes their data; ` +
        "take ephemeral out, or choose another id",
    ];
  });
}

/** New ephemeral tenants whose name kept data has: it would be theirs, and go with them. @param there the volumes on the engine. */
export function overKeptData(
  { listed, last, names, tenantsFile }: Pick<Transition, "listed" | "last" | "names" | "tenantsFile">,
  there: ReadonlySet<string>,
): string[] {
  return listed.flatMap((tenant) => {
    const { id, origin, lifeSeconds } = tenant;
    if (lifeSeconds === undefined || previousOf(tenant, last)?.volume !== undefined) return [];
    const kept = [volumeOf(tenant, names), names.backups(origin)].filter((volume) => there.has(volume));
    if (kept.length === 0) return [];
    return [
      `${tenantsFile}: "${id}": got an ephemeral tenant, and on the engine ${kept.join(" and ")}, kept of one that had this id, expected neither; ` +
        `choose another id or, to delete what is kept, take it out, deploy that, and: pgt purge ${id}`,
    ];
  });
}
