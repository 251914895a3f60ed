import { opaqueName, SCHEMAS_DATABASE } from "./names.ts";
import { over, type Plan } from "./plans.ts";
import type { TenantEntry } from "./schema.ts";
import type { SharedTenant } from "./sharedTenant.ts";
import { accessOf, idsOf, poolerOf } from "./tenantDefaults.ts";
import { parseMilliseconds } from "./units.ts";

/** Whether an entry is of a tenant without a server of its own. */
export function isShared({ isolation = "dedicated" }: Pick<TenantEntry, "isolation">): boolean {
  return isolation !== "dedicated";
}

/** A tenant on an instance, of an entry that passed every check. */
export function sharedTenantOf(entry: TenantEntry, planName: string, plan: Plan): SharedTenant {
  const { isolation, instance } = entry;
  if (isolation === undefined || isolation === "dedicated" || instance === undefined)
    throw new Error(`"${entry.id}" passed the checks and has no instance`);
  const values = over(plan, entry);
  const names = idsOf(entry);
  const own = opaqueName(names.origin);
  return Object.freeze({
    ...names,
    instance,
    isolation,
    database: isolation === "schema" ? SCHEMAS_DATABASE : (entry.database ?? own),
    owner: entry.user ?? own,
    plan: planName,
    state: entry.state ?? "running",
    removedOn: entry.confirm?.split(" ")[1],
    access: accessOf(entry, values.maxConnections),
    password: entry.password ?? "generated",
    passwordVersion: entry.passwordVersion ?? 1,
    maxConnections: values.maxConnections,
    statementTimeoutMs: parseMilliseconds(values.statementTimeout),
    pooler: poolerOf(entry, values.maxConnections),
    idleInTransactionTimeoutMs: parseMilliseconds(values.idleInTransactionTimeout),
  });
}
