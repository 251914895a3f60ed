import type { Tenant } from "../tenants/tenant.ts";

/** PostgreSQL settings by name. Values are text, as PostgreSQL takes them. */
export type ServerSettings = Readonly<Record<string, string>>;

/**
 * Settings that the server reads at its start. They go on its command line, so a change shows in the preview as a replaced
 * container: a restart of the tenant, a few seconds in which it does not answer.
 */
export function startSettings(tenant: Tenant): ServerSettings {
  return {
    cluster_name: tenant.id,
    listen_addresses: "*",
    unix_socket_directories: "/run/postgresql",
    max_connections: String(tenant.maxConnections),
    shared_buffers: `${tenant.sharedBuffersMiB}MB`,
    // Worker processes for reading ahead, which a small tenant would pay for while idle: measured, 9 processes become 5.
    io_method: "sync",
    max_logical_replication_workers: "0",
    max_wal_senders: "0",
    // Nothing to win at these sizes, and the kernel hands them out in pieces of 2 MB.
    huge_pages: "off",
  };
}

/** Settings that a running server takes over without a restart; the tenant's SQL step sets them with ALTER SYSTEM. */
export function reloadSettings(tenant: Tenant): ServerSettings {
  return {
    // A client that starts a connection and then stays silent holds one of the tenant's slots for this long; the default is 60 s.
    authentication_timeout: "10s",
    // The planner's idea of the page cache; the default of 4 GB would be many times what the container may use.
    effective_cache_size: `${Math.floor((tenant.memoryMiB * 3) / 4)}MB`,
    // Up to three autovacuum workers take this much each; with the default of 64 MB they could use up a small container.
    maintenance_work_mem: `${clamp(Math.floor(tenant.memoryMiB / 16), 4, 1024)}MB`,
  };
}

/** Settings as arguments of `postgres`. Each is one argument of its own, so no value is ever read by a shell. */
export function settingArguments(settings: ServerSettings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
