import type { LastTenant } from "../../components/lastDeployment.ts";
import type { TenantDatabaseArgs } from "../../components/tenantDatabase.ts";
import type { PlacedTenant } from "../../components/tenantOutputs.ts";
import { routesResource } from "./mocks.ts";
import { settings } from "./settings.ts";

/** A small tenant, as `load` and `placeTenants` would give it, with the differences that a test is about. */
export function tenant(differences: Partial<PlacedTenant> = {}): PlacedTenant {
  const id = differences.id ?? "acme";
  return {
    id,
    origin: id,
    formerIds: [],
    database: id,
    owner: id,
    plan: "small",
    state: "running",
    removedOn: undefined,
    restartConfirmedOn: undefined,
    access: { enabled: true, allow: [], maxConnectionsPerIp: 40 },
    lifeSeconds: undefined,
    password: "generated",
    passwordVersion: 1,
    tls: "terminate",
    tier: "standard",
    adoptedVolume: undefined,
    memoryMiB: 256,
    cpuShares: 256,
    maxConnections: 40,
    sharedBuffersMiB: 16,
    diskMiB: 10_240,
    statementTimeoutMs: 0,
    idleInTransactionTimeoutMs: 600_000,
    ...{ lockTimeoutMs: 0, tempFileLimitMiB: 2560, readOnly: false, allowDdl: true },
    backup: {
      enabled: true,
      full: "0 2 * * 0",
      incremental: "0 2 * * 1-6",
      timeZone: "UTC",
      keepDays: 14,
      archiveTimeoutSeconds: 60,
    },
    pooler: undefined,
    declared: undefined,
    from: undefined,
    importFrom: undefined,
    address: "198.18.7.7",
    ...differences,
  };
}

/** What a component gets for a tenant; to be called where mocks are in place. */
export function databaseArgs(tenant: PlacedTenant, last?: LastTenant): TenantDatabaseArgs {
  return {
    tenant,
    settings,
    tenantTls: new Map(),
    bridge: "pgtenants-dev",
    state: "0123456789abcdef",
    last,
    routes: routesResource(),
    sources: new Map(),
  };
}

/** What the state says of a small tenant that runs, with the differences that a test is about. */
export function lastTenant(differences: Partial<LastTenant> = {}): LastTenant {
  return {
    address: "198.18.7.7",
    poolerAddress: undefined,
    poolerMemoryMiB: undefined,
    state: "running",
    volume: "pgtenants-dev.acme",
    repository: undefined,
    passwordVersion: 1,
    until: undefined,
    entry: undefined,
    limits: { memoryMiB: 256, maxConnections: 40, diskMiB: 10_240 },
    declared: undefined,
    lookedAt: undefined,
    dropped: [],
    repair: undefined,
    rolePasswords: new Map(),
    container: undefined,
    ...differences,
  };
}
