import { type ConnectionStrings, type ConnectionTarget, renderConnectionStrings } from "./connectionStrings.ts";
import { poolerName, tenantHost } from "./names.ts";
import type { Settings } from "./settings.ts";
import type { PlacedTenant } from "./tenantOutputs.ts";

/** A role's connection, and by the tenant's connection pool where it has one. */
interface RoleConnections extends ConnectionStrings {
  readonly pooled?: ConnectionStrings;
}

/** A tenant's connections: those of its own role, and under `roles` those of its declared roles; absent for a tenant without such. */
export interface TenantConnections extends RoleConnections {
  readonly roles?: Readonly<Record<string, RoleConnections>>;
}

/** The passwords of a tenant's own role, and of its declared roles that log in, by name. */
export interface Passwords {
  readonly own: string;
  readonly roles: Readonly<Record<string, string>>;
}

/** Everything that clients need to reach a tenant, in every form. Pure. @throws Error where no form can hold a password. */
export function tenantConnections(
  tenant: PlacedTenant,
  settings: Settings,
  { own, roles }: Passwords,
): TenantConnections {
  const connections = roleConnections(tenant, settings, { user: tenant.owner, password: own });
  const declared = Object.entries(roles).map(
    ([user, password]) => [user, roleConnections(tenant, settings, { user, password, suffix: `-${user}` })] as const,
  );
  return declared.length === 0 ? connections : { ...connections, roles: Object.fromEntries(declared) };
}

interface Login {
  readonly user: string;
  readonly password: string;
  /** Told apart by it in a service file, where a section is found by its name. */
  readonly suffix?: string;
}

function roleConnections(
  tenant: PlacedTenant,
  settings: Settings,
  { user, password, suffix = "" }: Login,
): RoleConnections {
  const target = { ...connectionTarget(tenant, settings), user, password };
  const strings = renderConnectionStrings({ ...target, id: `${tenant.id}${suffix}` });
  if (tenant.pooler === undefined) return strings;
  const name = poolerName(tenant.id);
  const host = tenantHost(name, settings.domain);
  // TLS ends at the router, with the stack's certificate.
  const pooled = { ...target, id: `${name}${suffix}`, host, caFile: settings.caFile, channelBinding: false };
  return { ...strings, pooled: renderConnectionStrings(pooled) };
}

function connectionTarget(tenant: PlacedTenant, settings: Settings): Omit<ConnectionTarget, "user" | "password"> {
  const passesThrough = tenant.tls === "passthrough";
  const own = passesThrough ? settings.tenantCertificates.get(tenant.id) : undefined;
  return {
    id: tenant.id,
    host: tenantHost(tenant.id, settings.domain),
    port: settings.port,
    database: tenant.database,
    caFile: own === undefined ? settings.caFile : own.ca,
    hostAddress: settings.hostAddress,
    channelBinding: passesThrough,
  };
}
