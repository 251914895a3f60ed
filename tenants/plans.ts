import type { BackupFields } from "./backupFields.ts";
import type { PlanFields, TenantEntry, TenantsFile } from "./schema.ts";

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
