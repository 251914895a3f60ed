import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "./settings.ts";
import type { PlacedShared } from "./sharedPorts.ts";
import { SharedTenant } from "./sharedTenant.ts";
import { SharedTenants } from "./sharedTenants.ts";
import type { TenantDatabase } from "./tenantDatabase.ts";
import type { PlacedTenant } from "./tenantOutputs.ts";

/** Everybody who is on an instance, made after the instances are. */
interface Sharing {
  readonly placed: readonly PlacedTenant[];
  readonly shared: readonly PlacedShared[];
  readonly databases: ReadonlyMap<string, TenantDatabase>;
  readonly settings: Settings;
  readonly routes: pulumi.Resource;
}

/** The tenants on instances, each with its connection strings. */
export function shareInstances({ placed, shared, databases, settings, routes }: Sharing): SharedTenant[] {
  const onEach = Map.groupBy(shared, ({ instance }) => instance);
  return placed
    .filter(({ instance }) => instance === true)
    .flatMap(({ id, state }) => {
      const tenants = onEach.get(id) ?? [];
      const server = databases.get(id)?.instance;
      const protect = settings.deletionProtection && state !== "removed";
      const { key } = new SharedTenants(`${id}-tenants`, { tenants, settings, server, protect, routes });
      return tenants.map((tenant) => new SharedTenant(tenant.id, { tenant, settings, key }));
    });
}
