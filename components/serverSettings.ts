import { PRELOADED } from "../tenants/extensions.ts";
import type { Tenant } from "../tenants/tenant.ts";

/** PostgreSQL settings by name. Values are text, as PostgreSQL takes them. */
export type ServerSettings = Readonly<Record<string, string>>;

/** Server processes beside the connections' own: the postmaster and its helpers, autovacuum, parallel workers, the disk guard, a backup, the operator's. */
const otherProcesses = 48;

/**
 * What the server takes, logged in or not: twice the tenant's own connections and a few for the operator. A connection takes its place
 * before it has said who it is, so logins that are never finished would otherwise keep everybody out, the superuser included.
 */
function connectionSlots(tenant: Tenant): number {
  return 2 * tenant.maxConnections + 8;
}

/** PostgreSQL's own `superuser_reserved_connections`. */
const superuserSlots = 3;

/** How many connections all roles of a tenant can have together; who comes after that is told that the rest is the superuser's. */
export function slotsOfRoles(tenant: Tenant): number {
  return connectionSlots(tenant) - superuserSlots;
}

/** The tenant's own connections, out of what its server takes: the other way round. */
export function connectionsIn(slots: number): number {
  return (slots - 8) / 2;
}

/** The most processes in the tenant's container. */
export function processLimit(tenant: Tenant): number {
  return connectionSlots(tenant) + otherProcesses;
}

/**
 * Settings that the server reads at its start. They go on its command line, so a change shows in the preview as a replaced
 * container: a restart of the tenant, a few seconds in which it does not answer. Those that are the same for all tenants are in the
 * image's entrypoint: each value costs every preview a little for every tenant.
 */
export function startSettings(tenant: Tenant): ServerSettings {
  return {
    cluster_name: tenant.id,
    max_connections: String(connectionSlots(tenant)),
    shared_buffers: `${tenant.sharedBuffersMiB}MB`,
    ...preloaded(tenant),
    ...tenant.declared?.settings.restart,
  };
}

/** Libraries of declared extensions that are loaded at the start. */
function preloaded({ declared }: Tenant): ServerSettings {
  const wanted = declared?.databases.flatMap(({ extensions }) => extensions) ?? [];
  const names = PRELOADED.filter((name) => wanted.some((one) => one.name === name && one.droppedOn === undefined));
  return names.length === 0 ? {} : { shared_preload_libraries: names.join(",") };
}

/**
 * Settings that a running server takes over without a restart; the tenant's SQL step sets them with ALTER SYSTEM.
 * @param fingerprint names the certificate of a tenant with `tls: passthrough`.
 */
export function reloadSettings(tenant: Tenant, fingerprint: string): ServerSettings {
  const certificateFile = `/var/lib/postgresql/tls/${fingerprint}.pem`;
  return {
    ...(tenant.tls === "passthrough"
      ? { ssl: "on", ssl_cert_file: certificateFile, ssl_key_file: certificateFile }
      : {}),
    ...archiving(tenant),
    statement_timeout: `${tenant.statementTimeoutMs}ms`,
    idle_in_transaction_session_timeout: `${tenant.idleInTransactionTimeoutMs}ms`,
    lock_timeout: `${tenant.lockTimeoutMs}ms`,
    // Sorts and hashes that do not fit into memory; only the superuser can raise it.
    temp_file_limit: `${tenant.tempFileLimitMiB}MB`,
    // WAL between two checkpoints; the default of 1 GB would be all of a small tenant's disk. At least two segments of 16 MB.
    max_wal_size: `${clamp(Math.floor(tenant.diskMiB / 8), 32, 1024)}MB`,
    min_wal_size: "32MB",
    // A replication slot that nobody reads from must not fill the disk.
    max_slot_wal_keep_size: `${clamp(Math.floor(tenant.diskMiB / 8), 32, 1024)}MB`,
    // A client that starts a connection and then stays silent holds one of the tenant's slots for this long; the default is 60 s.
    authentication_timeout: "10s",
    // The planner's idea of the page cache; the default of 4 GB would be many times what the container may use.
    effective_cache_size: `${Math.floor((tenant.memoryMiB * 3) / 4)}MB`,
    // Up to three autovacuum workers take this much each; with the default of 64 MB they could use up a small container.
    maintenance_work_mem: `${clamp(Math.floor(tenant.memoryMiB / 16), 4, 1024)}MB`,
    ...tenant.declared?.settings.reload,
  };
}

/**
 * Where nothing is backed up segments count as archived, so that none is kept: `archive_mode` itself would need a restart, and is on for all.
 */
function archiving({ backup }: Tenant): ServerSettings {
  return {
    archive_command: backup.enabled ? "/usr/local/lib/pgtenants/pgbackrest-archive.sh %p" : "/bin/true",
    archive_timeout: backup.enabled ? `${backup.archiveTimeoutSeconds}s` : "0",
  };
}

/** Settings as arguments of `postgres`. Each is one argument of its own, so no value is ever read by a shell. */
export function settingArguments(settings: ServerSettings): string[] {
  return Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
