import { hasExpired } from "../../components/ephemeral.ts";
import type { LastDeployment } from "../../components/lastDeployment.ts";
import { listAll } from "../../components/previewDatabases.ts";
import { sharedIn, tenantsIn } from "../../components/readLastDeployment.ts";
import { previousShared } from "../../components/sharedAdmission.ts";
import type { PlacedShared } from "../../components/sharedPorts.ts";
import type { StateResource } from "../../components/stackState.ts";
import { TenantsFileError } from "../../tenants/issues.ts";
import { parseList } from "../../tenants/load.ts";
import type { SharedTenant, TenantList } from "../../tenants/sharedTenant.ts";
import type { Tenant } from "../../tenants/tenant.ts";
import { closest, either, quoted } from "../../tenants/text.ts";
import { messageOf, OperatorError } from "../operatorError.ts";
import { readState } from "../state.ts";
import type { Context } from "./context.ts";
import type { Planned } from "./impact/planned.ts";
import type { StackConfig } from "./stackConfig.ts";
import { readText } from "./textFile.ts";

/** The tenants as the file says now, instances among them. @throws TenantsFileError with everything that is wrong with it. */
export function listedTenants(config: StackConfig): readonly Tenant[] {
  return listedHere(config).servers;
}

/** The same, and those that are on instances. */
export function listedHere({ tenantsFile, tenantsFileName }: StackConfig): TenantList {
  return parseList(readText(tenantsFile), tenantsFileName);
}

/** A tenant of the file, wherever its data is. @throws OperatorError that names the nearest id when there is no such tenant. */
export function anyNamed(config: StackConfig, id: string): Tenant | SharedTenant {
  const { servers, shared } = listedHere(config);
  return tenantNamed<Tenant | SharedTenant>([...servers, ...shared], id);
}

/** A tenant with a server of its own, or an instance. @throws OperatorError also for one that shares: what is to be done would concern others. */
export function serverNamed(config: StackConfig, id: string): Tenant {
  const { servers, shared } = listedHere(config);
  const sharing = shared.find((tenant) => tenant.id === id);
  if (sharing === undefined) return tenantNamed(servers, id);
  const { instance } = sharing;
  throw new OperatorError(
    `${id} has no server of its own: it shares ${instance}, and this would be done to everybody there; nothing was changed`,
    `say ${instance} for all of them; for ${id} alone there is pgt dump ${id}: docs/shared-instances.md`,
  );
}

/** Whether a tenant is on an instance. */
export function isOnInstance(tenant: Tenant | SharedTenant): tenant is SharedTenant {
  return "isolation" in tenant;
}

/**
 * The same without those whose time is up, and with what is in no file: the databases of pull requests, which the state remembers.
 * @throws OperatorError where the file has the id of one.
 */
export function knownTenants(config: Pick<StackConfig, "tenantsFile">, last: LastDeployment): readonly Tenant[] {
  return knownList(config, last).servers;
}

function knownList({ tenantsFile }: Pick<StackConfig, "tenantsFile">, last: LastDeployment): TenantList {
  try {
    const now = new Date();
    const { servers, ...others } = listAll(tenantsFile, { create: [], delete: [] }, last);
    return { servers: servers.filter((tenant) => !hasExpired(tenant, last, now)), ...others };
  } catch (error) {
    if (error instanceof TenantsFileError) throw error;
    throw new OperatorError(messageOf(error), "pgt preview-database list shows those that there are");
  }
}

/** Everybody as the file says now, and as the state does. @throws OperatorError as {@link knownTenants} does, and where the state cannot be read. */
export function plannedTenants({ config, stack }: Pick<Context, "config" | "stack">): Planned {
  const { resources } = readState(config.folder, stack);
  const last = tenantsIn(resources);
  return { list: knownList(config, last), last, lastShared: sharedIn(resources) };
}

/** The tenants on instances as the file says now, each at the port of the last deployment; one that is not deployed is left out. */
export function knownShared(config: StackConfig, resources: readonly StateResource[]): readonly PlacedShared[] {
  const last = sharedIn(resources);
  return listedHere(config).shared.flatMap((tenant) => {
    const port = previousShared(tenant, last)?.port;
    return port === undefined ? [] : [{ ...tenant, port }];
  });
}

/** What the state says of the tenants of the last deployment. @throws OperatorError when it cannot be read. */
export function lastTenants({ config, stack }: Pick<Context, "config" | "stack">): LastDeployment {
  return tenantsIn(readState(config.folder, stack).resources);
}

/** @throws OperatorError that names the nearest id when there is no such tenant. */
export function tenantNamed<T extends Pick<Tenant, "id" | "formerIds">>(tenants: readonly T[], id: string): T {
  const tenant = tenants.find((candidate) => candidate.id === id);
  if (tenant !== undefined) return tenant;
  const ids = tenants.map((candidate) => candidate.id);
  const renamed = tenants.find(({ formerIds }) => formerIds.includes(id));
  const meant = renamed?.id ?? closest(id, ids);
  const fix = meant === undefined ? `take one of ${either(ids)}` : `did you mean ${meant}?`;
  throw new OperatorError(`no tenant ${quoted(id)} in the file`, fix);
}
