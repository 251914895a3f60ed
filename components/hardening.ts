import type { Tenant } from "../tenants/tenant.ts";

/**
 * What every container that stays has in common: no capability, no way to gain one, a root file system that cannot be written, memory of its
 * own for System V IPC whatever the engine's default is, bounded logs, and back after a reboot. Exceptions to the CIS benchmark are in
 * cli/hardening/exceptions.ts, with their reasons. A change restarts every container.
 */
export const hardened = {
  capabilities: { drops: ["ALL"] },
  securityOpts: ["no-new-privileges:true"],
  readOnly: true,
  ipcMode: "private",
  restart: "unless-stopped",
  logDriver: "json-file",
  logOpts: { "max-size": "10m", "max-file": "3" },
};

/**
 * The same for a container that runs one command and goes, as arguments of `docker run`. Each is one word without blanks or quotes, so that
 * they may stand in a shell command as they are. A command that needs more says so behind them: the last of two is what counts.
 */
export const hardenedRun: readonly string[] = [
  "--cap-drop=ALL",
  "--security-opt=no-new-privileges:true",
  "--read-only",
  "--ipc=private",
  "--memory=64m",
  "--memory-swap=64m",
  "--cpu-shares=1024",
  "--pids-limit=32",
  "--ulimit=nofile=1024:1024",
  // What it prints goes to whoever started it, and into no file of the engine.
  "--log-driver=none",
];

/** What every folder in memory is mounted with. */
const inMemory = "rw,noexec,nosuid,nodev";

/** The folders in memory of whatever runs a PostgreSQL server: the root file system cannot be written. A change restarts every tenant. */
export const serverTmpfs: Readonly<Record<string, string>> = {
  "/run/postgresql": `${inMemory},size=1m,uid=999,gid=999,mode=0700`,
  "/tmp": `${inMemory},size=64m`,
};

/** The same for one that runs once and goes, as arguments of `docker run`. */
export const serverTmpfsRun: readonly string[] = Object.entries(serverTmpfs).map(
  ([folder, options]) => `--tmpfs=${folder}:${options}`,
);

/** Open files of the router. A session takes two, so 8,000 sessions have room. */
const routerOpenFiles = 16_384;

/** MiB. Measured: 80 while idle and 1,040 with 8,150 sessions, which are all that its open files allow. */
const routerMemory = 2048;

/**
 * What the router may use. Memory is twice what its open files can fill: out of open files it refuses a newcomer, out of memory it would be
 * killed with every session. CPU shares are those of eight tenants of the largest plan: measured beside 16 tenants that take all they get
 * on 2 cores, the slowest logins (p95) take 17 ms with them and 52 ms with 1,024.
 *
 * Another number of open files restarts the router; memory and shares change in place.
 */
export const routerLimits = {
  memory: routerMemory,
  memorySwap: routerMemory,
  cpuShares: 8192,
  ulimits: [{ name: "nofile", soft: routerOpenFiles, hard: routerOpenFiles }],
};

/** MiB. rclone was seen to take 60 while it copies 300 MB; four run at a time, and what is copied passes through the page cache. */
const offsiteMemory = 768;

/** What the container that copies backups elsewhere may use: CPU last of all, since nobody waits for it. Memory and shares change in place. */
export const offsiteLimits = {
  memory: offsiteMemory,
  memorySwap: offsiteMemory,
  cpuShares: 128,
  ulimits: [{ name: "nofile", soft: 4096, hard: 4096 }],
};

/** The folder in memory of a container for connection pools: of each what it was told last, and its console; room for 500 of them. */
export const poolerTmpfs: Readonly<Record<string, string>> = {
  "/run/pooler": `${inMemory},size=64m,uid=998,gid=998,mode=0700`,
};

/** Open files of one PgBouncer: a client takes one, a server connection another, and at most 10,000 clients come to one pool. */
const poolerOpenFiles = 16_384;

/**
 * What the container of a connection pool may use. PgBouncer was seen to take 8 MiB by itself; see docs/pooling.md for what clients add. Memory
 * changes in place.
 * @param clients the most that come to it.
 */
export function poolerLimits(clients: number) {
  const memory = 64 + Math.ceil(clients / 16);
  return {
    memory,
    memorySwap: memory,
    ulimits: [{ name: "nofile", soft: poolerOpenFiles, hard: poolerOpenFiles }],
  };
}

/** MiB. Measured: an idle pool takes 8, of which PgBouncer 1.26 fills 6.6 when it starts, whatever it is told; so 500 of them fit. */
const instancePoolerMemory = 6144;

/** What an instance's pools may use together; see `routerLimits` for why it is more than they take. Memory and shares change in place. */
export const instancePoolerLimits = {
  memory: instancePoolerMemory,
  memorySwap: instancePoolerMemory,
  cpuShares: 1024,
  ulimits: [{ name: "nofile", soft: 16_384, hard: 16_384 }],
};

/** Transactions may come to their end when an instance's pools stop. */
export const instancePoolerStopSeconds = 15;

/** What a server may use in MiB, the container of its connection pool, or of an instance's pools, included. */
export function memoryWithPool(tenant: Pick<Tenant, "memoryMiB" | "pooler" | "instance">): number {
  return tenant.memoryMiB + poolMemory(tenant);
}

function poolMemory({ pooler, instance }: Pick<Tenant, "pooler" | "instance">): number {
  if (instance === true) return instancePoolerLimits.memory;
  return pooler === undefined ? 0 : poolerLimits(pooler.maxClients).memory;
}
