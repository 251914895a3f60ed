import type { Access, Tenant } from "../tenants/tenant.ts";
import type { Route } from "./dynamicConfig.ts";
import { tenantHost } from "./names.ts";
import type { ListedTenant } from "./previewDatabases.ts";

/** A tenant that has its address on the bridge, and an ephemeral one its end. */
export type PlacedTenant = ListedTenant & { readonly address: string; readonly until?: string };

/** What the stack's `tenants` output says of one tenant. No secrets. */
export interface TenantSummary {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly plan: string;
  /** The fixed address on the bridge. */
  readonly address: string;
  readonly state: "running" | "stopped";
  readonly access: Access;
  readonly tls: Tenant["tls"];
  readonly memoryMiB: number;
  readonly diskMiB: number;
}

/** The stack's `tenants` output: by id, so that the order of tenants.yaml does not show. Removed tenants are not in it. */
export function summarize(
  tenants: readonly PlacedTenant[],
  domain: string,
  port: number,
): Record<string, TenantSummary> {
  return Object.fromEntries(tenants.flatMap((tenant) => summary(tenant, domain, port)));
}

function summary(tenant: PlacedTenant, domain: string, port: number): [string, TenantSummary][] {
  const { id, database, owner, plan, address, state, access, tls, memoryMiB, diskMiB } = tenant;
  if (state === "removed") return [];
  const host = tenantHost(id, domain);
  return [[id, { host, port, database, user: owner, plan, address, state, access, tls, memoryMiB, diskMiB }]];
}

/** The tenants with each one after the one that it begins with. */
export function sourcesFirst(tenants: readonly PlacedTenant[]): readonly PlacedTenant[] {
  const byId = new Map(tenants.map((tenant) => [tenant.id, tenant]));
  const sorted = new Set<PlacedTenant>();
  const add = (tenant: PlacedTenant, above: readonly PlacedTenant[]): void => {
    const source = tenant.from === undefined ? undefined : byId.get(tenant.from.source);
    if (source !== undefined && !above.includes(source)) add(source, [...above, tenant]);
    sorted.add(tenant);
  };
  for (const tenant of tenants) add(tenant, []);
  return [...sorted];
}

/** The routes of the whole list: of the tenants that run and may be reached. */
export function routesOf(tenants: readonly PlacedTenant[], domain: string): Route[] {
  return tenants
    .filter(({ state, access }) => state === "running" && access.enabled)
    .map(({ id, address, access, tls }) => ({
      id,
      host: tenantHost(id, domain),
      address,
      passthrough: tls === "passthrough",
      allow: access.allow,
      maxConnectionsPerIp: access.maxConnectionsPerIp,
    }));
}
