import type { BackupFields } from "./backupFields.ts";
import { declaredOf } from "./declaredDefaults.ts";
import { parseRestoreTarget } from "./fromFields.ts";
import { sqlName } from "./names.ts";
import { over, type Plan } from "./plans.ts";
import { defaultPoolSize } from "./poolerFields.ts";
import type { TenantEntry } from "./schema.ts";
import { secondPlaceFields } from "./standby.ts";
import type { Access, Backup, Clone, ImportSource, Pooler, Tenant } from "./tenant.ts";
import { parseLifetimeSeconds, parseMiB, parseMilliseconds } from "./units.ts";

/** A tenant with a server of its own, of an entry that passed every check. */
export function tenantOf(entry: TenantEntry, planName: string, plan: Plan): Tenant {
  const values = over(plan, entry);
  const { ephemeral } = entry;
  const names = idsOf(entry);
  const { origin } = names;
  const owner = entry.user ?? sqlName(origin);
  const database = entry.database ?? sqlName(origin);
  return Object.freeze({
    ...names,
    database,
    owner,
    plan: planName,
    state: entry.state ?? "running",
    removedOn: entry.confirm?.split(" ")[1],
    restartConfirmedOn: entry.confirmRestart?.split(" ")[1],
    access: accessOf(entry, values.maxConnections),
    lifeSeconds: ephemeral === undefined ? undefined : parseLifetimeSeconds(ephemeral.expires),
    password: entry.password ?? "generated",
    passwordVersion: entry.passwordVersion ?? 1,
    tls: entry.tls ?? "terminate",
    tier: entry.tier ?? "standard",
    adoptedVolume: entry.volume,
    memoryMiB: parseMiB(values.memory),
    cpuShares: values.cpuShares,
    maxConnections: values.maxConnections,
    sharedBuffersMiB: parseMiB(values.sharedBuffers),
    diskMiB: parseMiB(values.disk),
    statementTimeoutMs: parseMilliseconds(values.statementTimeout),
    idleInTransactionTimeoutMs: parseMilliseconds(values.idleInTransactionTimeout),
    lockTimeoutMs: parseMilliseconds(values.lockTimeout),
    // What is left of the disk is for data and WAL.
    tempFileLimitMiB:
      values.tempFileLimit === undefined ? Math.floor(parseMiB(values.disk) / 4) : parseMiB(values.tempFileLimit),
    readOnly: values.readOnly,
    allowDdl: values.allowDdl,
    backup: backupOf({ ...values.backup, enabled: isBackedUp(entry, values) }),
    pooler: poolerOf(entry, values.maxConnections),
    declared: declaredOf(entry, { owner, database, maxConnections: values.maxConnections }),
    from: cloneOf(entry),
    importFrom: importOf(entry),
    ...(secondPlaceFields(entry).length === 0 ? {} : { moves: true as const }),
  });
}

/** What an entry is, was and was first called. */
export function idsOf(entry: TenantEntry): Pick<Tenant, "id" | "origin" | "formerIds"> {
  const formerIds = formerIdsOf(entry);
  // A tenant that got its first id back has it among the earlier ones.
  const otherIds = formerIds.filter((former) => former !== entry.id);
  return { id: entry.id, origin: formerIds[0] ?? entry.id, formerIds: Object.freeze(otherIds) };
}

/** The earlier ids of an entry, oldest first. */
export function formerIdsOf({ renamedFrom = [] }: Pick<TenantEntry, "renamedFrom">): readonly string[] {
  return typeof renamedFrom === "string" ? [renamedFrom] : renamedFrom;
}

function cloneOf({ from }: TenantEntry): Clone | undefined {
  if (from?.clone === undefined) return undefined;
  const at = parseRestoreTarget(from.at ?? "latest");
  if (at === undefined) throw new Error(`"${from.at}" passed the checks and is no target`);
  const { clone: source, at: _, import: __, ...less } = from;
  return Object.freeze({ source, at: Object.freeze(at), ...less });
}

function importOf({ from }: TenantEntry): ImportSource | undefined {
  if (from?.import === undefined) return undefined;
  return Object.freeze(from.import === "url" ? { kind: "url" } : { kind: "path", path: from.import });
}

/** What goes by itself anyhow is not worth the room, unless the entry says so. */
function isBackedUp({ ephemeral, backup }: TenantEntry, plan: Pick<Plan, "backup">): boolean {
  return ephemeral === undefined ? plan.backup.enabled : backup?.enabled === true;
}

function backupOf({ archiveTimeout, ...values }: Required<BackupFields>): Backup {
  return Object.freeze({ ...values, archiveTimeoutSeconds: Math.ceil(parseMilliseconds(archiveTimeout) / 1000) });
}

export function poolerOf(entry: TenantEntry, maxConnections: number): Pooler | undefined {
  const { pooler, access } = entry;
  if (pooler === undefined) return undefined;
  const {
    mode = "transaction",
    size = defaultPoolSize(maxConnections, entry),
    reserve = 0,
    maxClients = 1000,
  } = pooler;
  return Object.freeze({
    ...{ mode, size, reserve, maxClients },
    maxClientsPerIp: access?.maxConnectionsPerIp ?? maxClients,
    queryWaitSeconds: Math.ceil(parseMilliseconds(pooler.queryWait ?? "30 s") / 1000),
  });
}

export function accessOf({ access = {} }: TenantEntry, maxConnections: number): Access {
  const { enabled = true, allow = [], maxConnectionsPerIp = maxConnections } = access;
  // Sorted, so that a list in another order is no change, which would end sessions.
  return Object.freeze({ enabled, allow: Object.freeze(allow.toSorted()), maxConnectionsPerIp });
}
