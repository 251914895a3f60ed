import type { BackupFields } from "./backupFields.ts";
import { declaredOf } from "./declaredDefaults.ts";
import { parseRestoreTarget } from "./fromFields.ts";
import { INSTANCE_OWNER, SCHEMAS_DATABASE, sqlName } from "./names.ts";
import { defaultPoolSize } from "./poolerFields.ts";
import type { PlanFields, TenantEntry, TenantsFile } from "./schema.ts";
import type { WholeSecondPlace } from "./secondPlace.ts";
import { secondPlaceFields } from "./standby.ts";
import { isShared, sharedTenantOf } from "./sharedDefaults.ts";
import type { SharedTenant, TenantList } from "./sharedTenant.ts";
import type { Access, Backup, Clone, ImportSource, Pooler, Tenant } from "./tenant.ts";
import { parseLifetimeSeconds, parseMiB, parseMilliseconds } from "./units.ts";

/** A plan with every value. */
export type Plan = Required<Omit<PlanFields, "backup" | "tempFileLimit">> &
  Pick<PlanFields, "tempFileLimit"> & { readonly backup: Required<BackupFields> };

/**
 * Memory that a connection in use is counted with: a backend takes 1.3 to 2 MB ("Measuring the Memory Overhead of a Postgres
 * Connection", 2020), what its queries sort and hash not included.
 */
export const MIB_PER_CONNECTION = 2;

/** Idle, a tenant of this plan takes about 16 MB of real memory; the limit leaves room for 40 working connections. */
const SMALL: Plan = {
  memory: "256 MB",
  cpuShares: 256,
  maxConnections: 40,
  sharedBuffers: "16 MB",
  disk: "10 GB",
  statementTimeout: "none",
  // Longer than any work between two statements takes; a transaction that is left open keeps VACUUM from its work for good.
  idleInTransactionTimeout: "10 min",
  lockTimeout: "none",
  readOnly: false,
  allowDdl: true,
  // A full backup a week and two weeks of them: any second of the last 14 days, from three full backups at most.
  backup: {
    enabled: true,
    full: "0 2 * * 0",
    incremental: "0 2 * * 1-6",
    timeZone: "UTC",
    keepDays: 14,
    archiveTimeout: "60 s",
  },
};
/** A quarter of the memory for shared buffers, as PostgreSQL's manual advises for a server of its own. */
const LARGE: Plan = {
  ...SMALL,
  memory: "2 GB",
  cpuShares: 1024,
  maxConnections: 200,
  sharedBuffers: "512 MB",
  disk: "100 GB",
};

/** The plans that are there without being written down. */
export const BUILT_IN_PLANS: ReadonlyMap<string, Plan> = new Map([
  ["small", SMALL],
  ["large", LARGE],
]);

/** The plan of a tenant for which neither the entry nor the file's `defaults` name one. */
const DEFAULT_PLAN = "small";

/** All plans by name: the built-in ones, with the file's on top. What a new plan leaves out is as in `small`. */
export function plansOf(file: Pick<TenantsFile, "plans">): ReadonlyMap<string, Plan> {
  const own = Object.entries(file.plans ?? {}).map(([name, fields]): [string, Plan] => [
    name,
    over(BUILT_IN_PLANS.get(name) ?? SMALL, fields),
  ]);
  return new Map([...BUILT_IN_PLANS, ...own]);
}

/** A plan's values with an entry's own over them, those of `backup` each for itself. */
export function over(plan: Plan, own: PlanFields): Plan {
  return { ...plan, ...own, backup: { ...plan.backup, ...own.backup } };
}

/** The name of an entry's plan. */
export function planNameOf(entry: Pick<TenantEntry, "plan">, file: Pick<TenantsFile, "defaults">): string {
  return entry.plan ?? file.defaults?.plan ?? DEFAULT_PLAN;
}

/** The tenants of a file that passed every check, defaults filled in, in the order of the file. @param seconds its tenants' second places. */
export function withDefaults(file: TenantsFile, seconds: readonly WholeSecondPlace[] = []): TenantList {
  const plans = plansOf(file);
  const made = <E extends TenantEntry, T>(entries: readonly E[], make: (entry: E, planName: string, plan: Plan) => T) =>
    entries.map((entry) => {
      const planName = planNameOf(entry, file);
      const plan = plans.get(planName);
      if (plan === undefined) throw new Error(`plan "${planName}" passed the checks and is not there`);
      return make(entry, planName, plan);
    });
  const instances = (file.instances ?? []).map((entry) => ({ ...entry, ...asInstance }));
  return Object.freeze({
    servers: Object.freeze([
      ...made(
        file.tenants.filter((entry) => !isShared(entry)),
        tenantOf,
      ),
      ...made(instances, (...args) => Object.freeze({ ...tenantOf(...args), instance: true as const })),
    ]),
    shared: Object.freeze(made(file.tenants.filter(isShared), sharedTenantOf)),
    beside: besideOf(seconds, made),
  });
}

type Make = <E extends TenantEntry, T>(
  entries: readonly E[],
  make: (entry: E, planName: string, plan: Plan) => T,
) => readonly T[];

/** The move gets into one that is filled; no route leads there. Into another one nobody gets, and nobody but the superuser writes there. */
function besideOf(seconds: readonly WholeSecondPlace[], made: Make): TenantList["beside"] {
  const all = seconds.flatMap(({ entry, standby }): (Tenant | SharedTenant)[] => {
    const closed = <T extends Tenant | SharedTenant>(tenant: T): T => ({
      ...tenant,
      standby,
      access: Object.freeze({ ...tenant.access, enabled: standby === "target" }),
      ...(standby !== "target" && !("isolation" in tenant) ? { readOnly: true } : {}),
    });
    return isShared(entry) ? made([entry], sharedTenantOf).map(closed) : made([entry], tenantOf).map(closed);
  });
  return Object.freeze({
    servers: all.filter((tenant): tenant is Tenant => !("isolation" in tenant)),
    shared: all.filter((tenant): tenant is SharedTenant => "isolation" in tenant),
  });
}

/** An instance is a tenant that nobody logs in to; its database is the one for tenants with a schema each. */
const asInstance = {
  ...{ user: INSTANCE_OWNER, database: SCHEMAS_DATABASE, access: { enabled: false } },
  // What a plan says of them is for tenants.
  ...{ readOnly: false, allowDdl: true },
};

function tenantOf(entry: TenantEntry, planName: string, plan: Plan): Tenant {
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
