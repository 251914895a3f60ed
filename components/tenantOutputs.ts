import type { Access, Pooler, Tenant } from "../tenants/tenant.ts";
import type { Route } from "./dynamicConfig.ts";
import { poolerName, tenantHost } from "./names.ts";
import type { ListedTenant } from "./previewDatabases.ts";

/** A tenant that has its address on the bridge, its connection pool another one, an ephemeral one its end, and one that declares something what was put right, see repairs.ts. */
export type PlacedTenant = ListedTenant & {
  readonly address: string;
  readonly poolerAddress?: string;
  readonly until?: string;
  readonly repair?: string;
};

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
  readonly readOnly: boolean;
  readonly allowDdl: boolean;
  /** Where its connection pool is; absent for none. */
  readonly pooler?: PoolerSummary;
}

interface PoolerSummary extends Omit<Pooler, "maxClientsPerIp"> {
  readonly host: string;
  readonly address: string;
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
  const { id, database, owner, plan, address, state, access, tls, memoryMiB, diskMiB, readOnly, allowDdl } = tenant;
  if (state === "removed") return [];
  const host = tenantHost(id, domain);
  const limits = { memoryMiB, diskMiB, readOnly, allowDdl };
  const pooler = poolerSummary(tenant, domain);
  return [[id, { host, port, database, user: owner, plan, address, state, access, tls, ...limits, ...pooler }]];
}

function poolerSummary(
  { id, pooler, poolerAddress: address }: PlacedTenant,
  domain: string,
): Pick<TenantSummary, "pooler"> {
  if (pooler === undefined || address === undefined) return {};
  const { maxClientsPerIp: _, ...values } = pooler;
  return { pooler: { host: tenantHost(poolerName(id), domain), address, ...values } };
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

/** The routes of the whole list: of the tenants that run and may be reached, and of their connection pools. */
export function routesOf(tenants: readonly PlacedTenant[], domain: string): Route[] {
  return tenants
    .filter(({ state, access }) => state === "running" && access.enabled)
    .flatMap((tenant) => {
      const { id, address, access, tls } = tenant;
      const direct = {
        id,
        host: tenantHost(id, domain),
        address,
        passthrough: tls === "passthrough",
        allow: access.allow,
        maxConnectionsPerIp: access.maxConnectionsPerIp,
      };
      return [direct, ...poolerRoute(tenant, domain)];
    });
}

/** TLS ends at the router also where it passes through to the server: the pool has to read what its clients send. */
function poolerRoute({ id, access, pooler, poolerAddress: address }: PlacedTenant, domain: string): Route[] {
  if (pooler === undefined || address === undefined) return [];
  const name = poolerName(id);
  const { maxClientsPerIp: maxConnectionsPerIp } = pooler;
  return [
    { id: name, host: tenantHost(name, domain), address, passthrough: false, allow: access.allow, maxConnectionsPerIp },
  ];
}
