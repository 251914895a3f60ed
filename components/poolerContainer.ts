import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { sayWhy } from "./containerFailure.ts";
import { hardened, poolerTmpfs } from "./hardening.ts";
import { poolerLabels, stateLabel } from "./names.ts";
import { poolerFolder } from "./pgbouncerIni.ts";
import type { TenantDatabaseArgs } from "./tenantDatabase.ts";

/** In what the container of a tenant's pool and that of an instance's pools differ. */
interface PoolerContainerArgs {
  /** The volume that it shares with the server, for the server's socket and its own configuration. */
  readonly volume: docker.Volume;
  /** Memory in MiB, shares and open files. */
  readonly limits: Pick<docker.ContainerArgs, "memory" | "memorySwap" | "cpuShares" | "ulimits">;
  /** How long what runs may take to end when the container stops. */
  readonly stopSeconds: number;
}

/** The container of a server's connection pools. Which those are, apply-pools.sh is told: none of them ever replaces the container. */
export function createPoolerContainer(
  name: string,
  { tenant: { id, poolerAddress: ipv4Address }, settings, bridge, state }: TenantDatabaseArgs,
  { volume, limits, stopSeconds }: PoolerContainerArgs,
  opts: pulumi.CustomResourceOptions,
): docker.Container {
  if (ipv4Address === undefined) throw new Error(`no address for the pools of ${id}`);
  return new docker.Container(
    `${name}-pooler`,
    {
      ...hardened,
      ...limits,
      name: settings.names.pooler(id),
      image: settings.poolerImage,
      user: "998:998",
      networkMode: "bridge",
      networksAdvanced: [{ name: bridge, ipv4Address }],
      // As the server's.
      dns: ["127.0.0.1"],
      mounts: [{ type: "volume", source: volume.name, target: poolerFolder }],
      tmpfs: poolerTmpfs,
      stopTimeout: stopSeconds,
      destroyGraceSeconds: stopSeconds,
      labels: [...poolerLabels(settings.stack, id), stateLabel(state)],
    },
    { ...opts, deleteBeforeReplace: true },
  );
}

/** What apply-pools.sh is told. */
interface PoolsStepArgs {
  readonly container: docker.Container;
  /** The most processes in the container. */
  readonly processes: number;
  /** How long the pools may take to listen. */
  readonly readySeconds: number;
  /** What a preview tells of the text. */
  readonly shown?: Readonly<Record<string, string>>;
  /** See `renderPoolFiles`. */
  readonly pools: string;
}

/** Runs again when a pool changes, or the container is another one. The limit of processes is set here because the provider knows none. */
export function createPoolsStep(
  name: string,
  { container, processes, readySeconds, shown = {}, pools }: PoolsStepArgs,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  return new command.local.Command(
    `${name}-pools`,
    {
      create:
        'docker update --pids-limit "$PROCESSES" "$CONTAINER" >/dev/null && ' +
        `docker exec --interactive "$CONTAINER" /usr/local/lib/pgtenants/apply-pools.sh "$READY_SECONDS" || ${sayWhy}`,
      environment: {
        CONTAINER: container.id,
        PROCESSES: String(processes),
        READY_SECONDS: String(readySeconds),
        ...shown,
      },
      stdin: pools,
      logging: command.local.Logging.None,
      addPreviousOutputInEnv: false,
    },
    opts,
  );
}
