import type { Declared } from "./declared.ts";
import type { RestoreTarget } from "./fromFields.ts";
import type { Standby } from "./standby.ts";

/** Who reaches a tenant from outside. */
export interface Access {
  /** False: no route, and no login; the server runs on. */
  readonly enabled: boolean;
  /** Networks (CIDR) whose clients are let in, sorted; empty: everybody. */
  readonly allow: readonly string[];
  /** The most connections from one client address at a time. */
  readonly maxConnectionsPerIp: number;
}

/** How a tenant is backed up. All changed in place. */
export interface Backup {
  /** False: no WAL is archived and no backup made; those that there are stay. */
  readonly enabled: boolean;
  /** Cron's five fields, or `never`. */
  readonly full: string;
  readonly incremental: string;
  /** Of both schedules, by its name in the tz database. */
  readonly timeZone: string;
  /** For how many days back any second can be brought back. */
  readonly keepDays: number;
  /** After how many seconds a WAL segment that is not full is archived. */
  readonly archiveTimeoutSeconds: number;
}

/** Another tenant's past, that a new one begins with. */
export interface Clone {
  /** The id of the tenant whose backups they are. */
  readonly source: string;
  readonly at: RestoreTarget;
  /** The file with the SQL that takes out what the copy must not hold, relative to the project's folder. */
  readonly mask?: string;
  /** Whether every row is taken out. */
  readonly schemaOnly?: boolean;
}

/** What a new tenant begins with that was not made here: another server, whose URL is a secret setting, or a file or folder that pg_dump made. */
export type ImportSource = { readonly kind: "url" } | { readonly kind: "path"; readonly path: string };

/** A tenant's connection pool. All changed in place. */
export interface Pooler {
  readonly mode: "transaction" | "session";
  /** The most server connections, and how many more where a client has waited. Out of the tenant's `maxConnections`. */
  readonly size: number;
  readonly reserve: number;
  /** The most clients at a time, of all addresses and from one. */
  readonly maxClients: number;
  readonly maxClientsPerIp: number;
  /** How long a client waits for a server connection. */
  readonly queryWaitSeconds: number;
}

/** One tenant as the rest of the program sees it: plain values, every default filled in, frozen. */
export interface Tenant {
  /** Names the tenant: its host, its container. */
  readonly id: string;
  /** The id it was made under, the same as `id` until it is renamed: names its volume and password, and its role and database by default. */
  readonly origin: string;
  /** All earlier ids other than the one it has now, oldest first. */
  readonly formerIds: readonly string[];
  /** The tenant's database. */
  readonly database: string;
  /** The role that logs in and owns the database. */
  readonly owner: string;
  /** The plan that gave the values which the tenant does not set itself. */
  readonly plan: string;
  /** What of it exists: everything, only what holds data, or what holds data and is about to be let go of. */
  readonly state: "running" | "stopped" | "removed";
  /** The day that its removal was confirmed on, `2026-11-21`; undefined unless it is removed. */
  readonly removedOn: string | undefined;
  /** The day on which a restart without a recent backup was confirmed; undefined where it was not. */
  readonly restartConfirmedOn: string | undefined;
  readonly access: Access;
  /** How many seconds after its first deployment the tenant goes, and its data with it; undefined for one that stays. */
  readonly lifeSeconds: number | undefined;
  /** Where its password comes from: made here, or the stack's configuration. */
  readonly password: "generated" | "custom";
  /** Another number makes another password. */
  readonly passwordVersion: number;
  /** Where TLS ends: at the router, or at the tenant's own server. */
  readonly tls: "terminate" | "passthrough";
  /** What it is for: `production` is held to more by the policies, see policy/. */
  readonly tier: "production" | "standard";
  /** The name of a volume that was not made here and is taken over; undefined for one of our own. */
  readonly adoptedVolume: string | undefined;
  /** Hard memory limit of the tenant's container, in MiB. Changed in place. */
  readonly memoryMiB: number;
  /** Weight of the tenant when processors are scarce; twice the shares is twice the time. Changed in place. */
  readonly cpuShares: number;
  /** The most connections of the tenant's role. A change restarts the tenant. */
  readonly maxConnections: number;
  /** PostgreSQL's `shared_buffers`, in MiB. A change restarts the tenant. */
  readonly sharedBuffersMiB: number;
  /** The most the tenant's volume may hold, in MiB. Changed in place. */
  readonly diskMiB: number;
  /** How long a statement may take, in milliseconds; 0 is no limit. Changed in place. */
  readonly statementTimeoutMs: number;
  /** How long a session may idle in a transaction, in milliseconds; 0 is no limit. */
  readonly idleInTransactionTimeoutMs: number;
  /** How long a statement may wait for a lock, in milliseconds; 0 is no limit. */
  readonly lockTimeoutMs: number;
  /** PostgreSQL's `temp_file_limit`, in MiB. */
  readonly tempFileLimitMiB: number;
  /** Whether nobody writes to the database. Where it becomes so, sessions that write end. */
  readonly readOnly: boolean;
  /** Whether definitions may change: tables, functions, privileges, … */
  readonly allowDdl: boolean;
  readonly backup: Backup;
  /** The connection pool before its server; undefined for none. With and without one it is another container: a restart. */
  readonly pooler: Pooler | undefined;
  /** What is declared inside its server beside role and database; undefined for most tenants. */
  readonly declared: Declared | undefined;
  /** The backups that it begins with where its volume is new. */
  readonly from: Clone | undefined;
  /** The dump that it begins with where its volume is new; one of the two at most is there, and none for an empty database. */
  readonly importFrom: ImportSource | undefined;
  /** True for a server that other tenants share: nobody logs in to it as itself, and it has no host of its own. */
  readonly instance?: true;
  /** True where the tenant has a second place, while it moves and until that is accepted. */
  readonly moves?: true;
  /** Of a second place: the tenant of this id is on an instance. */
  readonly standby?: Standby;
}
