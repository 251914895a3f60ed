import type { SharedTenant } from "../tenants/sharedTenant.ts";
import type { Access, Pooler, Tenant } from "../tenants/tenant.ts";
import type { Route } from "./dynamicConfig.ts";
import { poolerName, tenantHost } from "./names.ts";
import type { ListedTenant } from "./previewDatabases.ts";
import type { PlacedShared } from "./sharedPorts.ts";

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
  /** Of a tenant that shares a server, whose address, memory and disk these are. */
  readonly isolation?: SharedTenant["isolation"];
  readonly instance?: string;
}

interface PoolerSummary extends Omit<Pooler, "maxClientsPerIp"> {
  readonly host: string;
  readonly address: string;
}

/** The stack's `tenants` output: by id, so that the order of tenants.yaml does not show. Removed tenants are not in it, nor are instances. */
export function summarize(
  tenants: readonly PlacedTenant[],
  shared: readonly PlacedShared[],
  domain: string,
  port: number,
): Record<string, TenantSummary> {
  const servers = new Map(tenants.map((tenant) => [tenant.id, tenant]));
  return Object.fromEntries([
    ...tenants
      .filter(({ instance, standby }) => instance === undefined && standby === undefined)
      .flatMap((tenant) => summary(tenant, domain, port)),
    ...shared
      .filter(({ standby }) => standby === undefined)
      .flatMap((tenant) => sharedSummary(tenant, servers.get(tenant.instance), domain, port)),
  ]);
}

function sharedSummary(
  { id, database, owner, plan, state, access, isolation, instance }: PlacedShared,
  server: PlacedTenant | undefined,
  domain: string,
  port: number,
): [string, TenantSummary][] {
  if (state === "removed" || server === undefined) return [];
  const { address, memoryMiB, diskMiB } = server;
  const host = tenantHost(id, domain);
  const running = state === "running" && server.state === "running" ? "running" : "stopped";
  const own = { host, port, database, user: owner, plan, address, state: running, access, tls: "terminate" } as const;
  // Fields that a tenant on an instance cannot have.
  const limits = { memoryMiB, diskMiB, readOnly: false, allowDdl: true };
  return [[id, { ...own, ...limits, isolation, instance }]];
}

/** The routes to tenants on instances, each to its own port of the instance's pools. */
export function sharedRoutes(
  shared: readonly PlacedShared[],
  placed: readonly PlacedTenant[],
  domain: string,
): Route[] {
  const servers = new Map(placed.map((tenant) => [tenant.id, tenant]));
  return shared.flatMap(({ id, instance, port, state, access, standby }) => {
    const server = servers.get(instance);
    if (standby !== undefined || state !== "running" || !access.enabled || server?.state !== "running") return [];
    const { poolerAddress: address } = server;
    if (address === undefined) throw new Error(`no address for the pools of ${instance}`);
    const { allow, maxConnectionsPerIp } = access;
    return [{ id, host: tenantHost(id, domain), address, port, passthrough: false, allow, maxConnectionsPerIp }];
  });
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
    .filter(({ state, access, standby }) => state === "running" && access.enabled && standby === undefined)
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
