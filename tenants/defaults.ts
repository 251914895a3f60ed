import { INSTANCE_OWNER, SCHEMAS_DATABASE } from "./names.ts";
import { type Plan, planNameOf, plansOf } from "./plans.ts";
import type { TenantEntry, TenantsFile } from "./schema.ts";
import type { WholeSecondPlace } from "./secondPlace.ts";
import { isShared, sharedTenantOf } from "./sharedDefaults.ts";
import type { SharedTenant, TenantList } from "./sharedTenant.ts";
import type { Tenant } from "./tenant.ts";
import { tenantOf } from "./tenantDefaults.ts";

/** The tenants of a file that passed every check, defaults filled in, in the order of the file. @param seconds its tenants' second places. */
export function withDefaults(file: TenantsFile, seconds: readonly WholeSecondPlace[] = []): TenantList {
  const plans = plansOf(file);
  const made = <E extends TenantEntry, T>(entries: readonly E[], make: (entry: E, planName: string, plan: Plan) => T) =>
    entries.map((entry) => {
      const planName = planNameOf(entry, file);
      const plan = plans.get(planName);
      if (plan === undefined) throw new Error(`plan "${planName}" passed the checks and is not there`);
      return make(entry, planName, plan);
    });
  const instances = (file.instances ?? []).map((entry) => ({ ...entry, ...asInstance }));
  return Object.freeze({
    servers: Object.freeze([
      ...made(
        file.tenants.filter((entry) => !isShared(entry)),
        tenantOf,
      ),
      ...made(instances, (...args) => Object.freeze({ ...tenantOf(...args), instance: true as const })),
    ]),
    shared: Object.freeze(made(file.tenants.filter(isShared), sharedTenantOf)),
    beside: besideOf(seconds, made),
  });
}

type Make = <E extends TenantEntry, T>(
  entries: readonly E[],
  make: (entry: E, planName: string, plan: Plan) => T,
) => readonly T[];

/** The move gets into one that is filled; no route leads there. Into another one nobody gets, and nobody but the superuser writes there. */
function besideOf(seconds: readonly WholeSecondPlace[], made: Make): TenantList["beside"] {
  const all = seconds.flatMap(({ entry, standby }): (Tenant | SharedTenant)[] => {
    const closed = <T extends Tenant | SharedTenant>(tenant: T): T => ({
      ...tenant,
      standby,
      access: Object.freeze({ ...tenant.access, enabled: standby === "target" }),
      ...(standby !== "target" && !("isolation" in tenant) ? { readOnly: true } : {}),
    });
    return isShared(entry) ? made([entry], sharedTenantOf).map(closed) : made([entry], tenantOf).map(closed);
  });
  return Object.freeze({
    servers: all.filter((tenant): tenant is Tenant => !("isolation" in tenant)),
    shared: all.filter((tenant): tenant is SharedTenant => "isolation" in tenant),
  });
}

/** An instance is a tenant that nobody logs in to; its database is the one for tenants with a schema each. */
const asInstance = {
  ...{ user: INSTANCE_OWNER, database: SCHEMAS_DATABASE, access: { enabled: false } },
  // What a plan says of them is for tenants.
  ...{ readOnly: false, allowDdl: true },
};
