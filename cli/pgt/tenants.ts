import { hasExpired } from "../../components/ephemeral.ts";
import { type LastDeployment, tenantsIn } from "../../components/lastDeployment.ts";
import { listTenants } from "../../components/previewDatabases.ts";
import { TenantsFileError } from "../../tenants/issues.ts";
import { parseTenants } from "../../tenants/load.ts";
import type { Tenant } from "../../tenants/tenant.ts";
import { closest, either, quoted } from "../../tenants/text.ts";
import { messageOf, OperatorError } from "../operatorError.ts";
import { readState } from "../state.ts";
import type { Context } from "./context.ts";
import type { StackConfig } from "./stackConfig.ts";
import { readText } from "./textFile.ts";

/** The tenants as the file says now. @throws TenantsFileError with everything that is wrong with it. */
export function listedTenants({ tenantsFile, tenantsFileName }: StackConfig): readonly Tenant[] {
  return parseTenants(readText(tenantsFile), tenantsFileName);
}

/**
 * The same without those whose time is up, and with what is in no file: the databases of pull requests, which the state remembers.
 * @throws OperatorError where the file has the id of one.
 */
export function knownTenants(
  { tenantsFile }: Pick<StackConfig, "tenantsFile">,
  last: LastDeployment,
): readonly Tenant[] {
  try {
    const now = new Date();
    const listed = listTenants(tenantsFile, { create: [], delete: [] }, last);
    return listed.filter((tenant) => !hasExpired(tenant, last, now));
  } catch (error) {
    if (error instanceof TenantsFileError) throw error;
    throw new OperatorError(messageOf(error), "pgt preview-database list shows those that there are");
  }
}

/** What the state says of the tenants of the last deployment. @throws OperatorError when it cannot be read. */
export function lastTenants({ config, stack }: Pick<Context, "config" | "stack">): LastDeployment {
  return tenantsIn(readState(config.folder, stack).resources);
}

/** @throws OperatorError that names the nearest id when there is no such tenant. */
export function tenantNamed(tenants: readonly Tenant[], id: string): Tenant {
  const tenant = tenants.find((candidate) => candidate.id === id);
  if (tenant !== undefined) return tenant;
  const ids = tenants.map((candidate) => candidate.id);
  const renamed = tenants.find(({ formerIds }) => formerIds.includes(id));
  const meant = renamed?.id ?? closest(id, ids);
  const fix = meant === undefined ? `take one of ${either(ids)}` : `did you mean ${meant}?`;
  throw new OperatorError(`no tenant ${quoted(id)} in the file`, fix);
}
