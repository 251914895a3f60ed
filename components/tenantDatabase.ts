import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Tenant } from "../tenants/tenant.ts";
import { type ConnectionStrings, type ConnectionTarget, renderConnectionStrings } from "./connectionStrings.ts";
import { sayWhy } from "./containerFailure.ts";
import { hardened } from "./hardening.ts";
import { ownerLabels, stateLabel, tenantHost, typeTokens } from "./names.ts";
import { scramVerifier } from "./scramVerifier.ts";
import { reloadSettings, settingArguments, startSettings } from "./serverSettings.ts";
import type { Settings } from "./settings.ts";
import type { PlacedTenant } from "./tenantOutputs.ts";
import { renderTenantSql } from "./tenantSql.ts";

export interface TenantDatabaseArgs {
  /** The tenant, as tenants.yaml and its plan say, and its fixed address on the bridge. Another address restarts it. */
  readonly tenant: PlacedTenant;
  readonly settings: Settings;
  /** The bridge's name. Another one restarts the tenant. */
  readonly bridge: pulumi.Input<string>;
  /** The name of this stack's state, for the container's labels; see `stateLabel`. */
  readonly state: pulumi.Input<string>;
}

/** How long a server may take to write its last checkpoint before it is killed; below it, the next start would be a crash recovery. */
const stopSeconds = 120;

/** How long the first start, or a crash recovery, may take before `pulumi up` gives up on a tenant. */
const readySeconds = 300;

/** Open files of one process. PostgreSQL keeps at most max_files_per_process (1,000) open in each, sockets beside them. */
const openFiles = 4096;

/** Size limit of /dev/shm in MiB. What is used counts against the container's memory, so the memory limit is the one that holds. */
const sharedMemoryMiB = 1024;

/** Password length. 32 letters and digits carry 190 bits and need no quoting in any client's configuration. */
const passwordLength = 32;

/**
 * One tenant's PostgreSQL: volume, password, container, and the step that makes role, database, grants and settings what they should be.
 *
 * Volume and password are state: protected, and kept when they leave the stack. The container can be replaced at any time; it is stopped
 * in time and gone before its successor starts, because two servers on one volume would destroy it.
 */
export class TenantDatabase extends pulumi.ComponentResource {
  /** The tenant's id. */
  readonly id: string;
  /** The tenant's connection in every form; secret. Known only when the server answers with this password. */
  readonly connectionStrings: pulumi.Output<ConnectionStrings>;

  constructor(name: string, args: TenantDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super(typeTokens.tenantDatabase, name, {}, opts);
    const { tenant, settings } = args;
    this.id = tenant.id;
    const child = { parent: this };
    const kept = { ...child, protect: settings.deletionProtection, retainOnDelete: settings.deletionProtection };

    const volume = createVolume(name, args, kept);
    const password = createPassword(name, kept);
    const container = createContainer(name, args, volume, child);
    const sql = createSqlStep(name, args, password, container, child);

    const target = connectionTarget(tenant, settings);
    this.connectionStrings = pulumi
      .all([password.result, sql.id])
      .apply(([secret]) => renderConnectionStrings({ ...target, password: secret }));
    // The next deployment reads the address from here, whether or not this one succeeds.
    this.registerOutputs({ address: tenant.address });
  }
}

function createVolume(
  name: string,
  { tenant, settings }: TenantDatabaseArgs,
  opts: pulumi.CustomResourceOptions,
): docker.Volume {
  const args = { name: settings.names.tenant(tenant.id), labels: ownerLabels(settings.stack, tenant.id) };
  return new docker.Volume(`${name}-data`, args, opts);
}

function createPassword(name: string, opts: pulumi.CustomResourceOptions): random.RandomPassword {
  return new random.RandomPassword(`${name}-password`, { length: passwordLength, special: false }, opts);
}

function createContainer(
  name: string,
  { tenant, settings, bridge, state }: TenantDatabaseArgs,
  volume: docker.Volume,
  opts: pulumi.CustomResourceOptions,
): docker.Container {
  const physicalName = settings.names.tenant(tenant.id);
  return new docker.Container(
    `${name}-server`,
    {
      ...hardened,
      name: physicalName,
      hostname: tenant.id,
      image: settings.postgresImage,
      command: ["postgres", ...settingArguments(startSettings(tenant))],
      user: "999:999",
      networkMode: "bridge",
      networksAdvanced: [{ name: bridge, ipv4Address: tenant.address }],
      mounts: [{ type: "volume", source: volume.name, target: "/var/lib/postgresql" }],
      tmpfs: {
        "/run/postgresql": "rw,noexec,nosuid,nodev,size=1m,uid=999,gid=999,mode=0700",
        "/tmp": "rw,noexec,nosuid,nodev,size=64m",
      },
      memory: tenant.memoryMiB,
      // The same as memory: a server that swaps would slow down everybody's disk instead of only itself.
      memorySwap: tenant.memoryMiB,
      cpuShares: tenant.cpuShares,
      shmSize: sharedMemoryMiB,
      ulimits: [{ name: "nofile", soft: openFiles, hard: openFiles }],
      stopTimeout: stopSeconds,
      destroyGraceSeconds: stopSeconds,
      labels: [...ownerLabels(settings.stack, tenant.id), stateLabel(state)],
    },
    { ...opts, deleteBeforeReplace: true },
  );
}

/** Runs again when its SQL changes or the container is another one; never restarts anything. The secret goes by standard input. */
function createSqlStep(
  name: string,
  { tenant, settings }: TenantDatabaseArgs,
  password: random.RandomPassword,
  container: docker.Container,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  const sql = password.result.apply((secret) =>
    renderTenantSql({
      owner: tenant.owner,
      verifier: scramVerifier(tenantHost(tenant.id, settings.domain), secret),
      database: tenant.database,
      settings: reloadSettings(tenant),
    }),
  );
  return new command.local.Command(
    `${name}-sql`,
    {
      create: `docker exec --interactive "$CONTAINER" /usr/local/lib/pgtenants/apply.sh "$READY_SECONDS" || ${sayWhy}`,
      environment: { CONTAINER: container.id, READY_SECONDS: String(readySeconds) },
      stdin: sql,
      logging: command.local.Logging.None,
      addPreviousOutputInEnv: false,
    },
    { ...opts, additionalSecretOutputs: ["stdout", "stderr"] },
  );
}

function connectionTarget(tenant: Tenant, settings: Settings): Omit<ConnectionTarget, "password"> {
  return {
    id: tenant.id,
    host: tenantHost(tenant.id, settings.domain),
    port: settings.port,
    database: tenant.database,
    user: tenant.owner,
    caFile: settings.caFile,
    hostAddress: settings.hostAddress,
  };
}
