import { hardened, serverTmpfs } from "./hardening.ts";
import { ownerLabels, type StackNames, stateLabel } from "./names.ts";
import { repositoryFolder } from "./pgbackrestConfig.ts";
import { poolerFolder } from "./pgbouncerIni.ts";
import { settingArguments, startSettings } from "./serverSettings.ts";
import type { PlacedTenant } from "./tenantOutputs.ts";

/** How long a server may take to write its last checkpoint before it is killed; below it, the next start would be a crash recovery. */
const stopSeconds = 120;

/** Open files of one process. PostgreSQL keeps at most max_files_per_process (1,000) open in each, sockets beside them. */
const openFiles = 4096;

/** Size limit of /dev/shm in MiB. What is used counts against the container's memory, so the memory limit is the one that holds. */
const sharedMemoryMiB = 1024;

/** What a tenant's container is made from. `Text` is what other resources say, known or not yet. */
export interface ServerContainerArgs<Text> {
  readonly tenant: PlacedTenant;
  readonly stack: string;
  readonly names: StackNames;
  readonly image: string;
  /** The bridge's name. */
  readonly bridge: Text;
  /** The name of this stack's state; see `stateLabel`. */
  readonly state: Text;
  /** The names of the tenant's volume, and of that of its backups. */
  readonly volume: Text;
  readonly repository: Text;
  /** The name of the volume that it shares with its connection pool; undefined where it has none. */
  readonly pooler: Text | undefined;
}

/**
 * A tenant's container as the Docker provider takes it. Plain values, so that it can be compared with what there is before anything is
 * registered: what a change does is in changeEffects.ts.
 */
export function serverContainer<Text>(args: ServerContainerArgs<Text>) {
  const { tenant, stack, names, image, bridge, state, volume, repository, pooler } = args;
  return {
    ...hardened,
    name: names.tenant(tenant.id),
    hostname: tenant.id,
    image,
    // Reaps what the disk guard and `docker exec` leave: PostgreSQL as process 1 would take them for children of its own.
    init: true,
    command: ["postgres", ...settingArguments(startSettings(tenant))],
    user: "999:999",
    networkMode: "bridge",
    networksAdvanced: [{ name: bridge, ipv4Address: tenant.address }],
    // Docker's resolver forwards questions from internal networks too, through the host (CVE-2024-29018); here it asks nobody.
    dns: ["127.0.0.1"],
    mounts: [
      { type: "volume", source: volume, target: "/var/lib/postgresql" },
      { type: "volume", source: repository, target: repositoryFolder },
      ...(pooler === undefined ? [] : [{ type: "volume", source: pooler, target: poolerFolder }]),
    ],
    tmpfs: serverTmpfs,
    memory: tenant.memoryMiB,
    // The same as memory: a server that swaps would slow down everybody's disk instead of only itself.
    memorySwap: tenant.memoryMiB,
    cpuShares: tenant.cpuShares,
    shmSize: sharedMemoryMiB,
    ulimits: [{ name: "nofile", soft: openFiles, hard: openFiles }],
    stopTimeout: stopSeconds,
    destroyGraceSeconds: stopSeconds,
    labels: [...ownerLabels(stack, tenant.id), stateLabel(state)],
  };
}
