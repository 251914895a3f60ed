import type { Declared } from "../tenants/declared.ts";
import type { Tenant } from "../tenants/tenant.ts";
import { formatMiB, formatMilliseconds } from "../tenants/units.ts";
import type { LastTenant } from "./lastDeployment.ts";
import { limitsOf } from "./tenantSpec.ts";

/** What the next deployment holds against the server, see repairs.ts. */
export function declaredEnvironment(tenant: Tenant, declared: Declared): Record<string, string> {
  const { owner, database, access } = tenant;
  const lookedAt: LastTenant["lookedAt"] = {
    ...{ owner, database, limits: limitsOf(tenant) },
    access: { login: access.enabled },
  };
  return { DECLARED: JSON.stringify(declared), LOOKED_AT: JSON.stringify(lookedAt) };
}

/** What a preview tells of the limits in standard input. */
export function shownLimits(tenant: Tenant): Record<string, string> {
  return {
    STATEMENT_TIMEOUT: formatMilliseconds(tenant.statementTimeoutMs),
    IDLE_TIMEOUT: formatMilliseconds(tenant.idleInTransactionTimeoutMs),
    LOCK_TIMEOUT: formatMilliseconds(tenant.lockTimeoutMs),
    TEMP_FILE_LIMIT: formatMiB(tenant.tempFileLimitMiB),
  };
}
