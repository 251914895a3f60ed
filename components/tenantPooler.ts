import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Pooler } from "../tenants/tenant.ts";
import { sayWhy } from "./containerFailure.ts";
import { poolerLimits } from "./hardening.ts";
import { poolerLabels } from "./names.ts";
import { renderEncoded } from "./pgbackrestConfig.ts";
import { createPoolerContainer, createPoolsStep } from "./poolerContainer.ts";
import type { TenantDatabaseArgs } from "./tenantDatabase.ts";
import { poolPort, renderTenantPool } from "./tenantPool.ts";

/** What a connection pool needs besides the tenant. */
interface TenantPoolerArgs extends TenantDatabaseArgs {
  readonly pooler: Pooler;
  /** The volume that it shares with the server, for the server's socket and its own configuration. */
  readonly volume: docker.Volume;
  readonly password: pulumi.Output<string>;
  /** Known when the server takes that password. */
  readonly answering: pulumi.Output<string>;
  /** The server's container. */
  readonly server: pulumi.Resource;
}

/** Transactions may end for 5 s; the rest is for what starts and stops the processes. */
const stopSeconds = 10;

/** How long a pool may take to listen; it was seen to take a tenth of a second. */
const readySeconds = 30;

/** Processes beside PgBouncer's: s6, and what looks into the container. */
const mostProcesses = 64;

/** Shared by server and pool, so it is there before either; holds nothing that a deployment does not write again. */
export function createPoolerVolume(
  name: string,
  { tenant, settings }: TenantDatabaseArgs,
  opts: pulumi.CustomResourceOptions,
): docker.Volume {
  return new docker.Volume(
    `${name}-pooler-files`,
    { name: settings.names.pooler(tenant.origin), labels: poolerLabels(settings.stack, tenant.origin) },
    // None of these can be changed in place, and a renamed tenant's has its first id.
    { ...opts, ignoreChanges: ["labels", "driver", "driverOpts"] },
  );
}

/**
 * A tenant's connection pool: PgBouncer in a container of its own, which reaches the server by its Unix socket. What comes back is known when
 * a login by it succeeds; where nobody may log in, when it listens. Another container ends the sessions that come by it; the server's own live on.
 */
export function runTenantPooler(
  name: string,
  args: TenantPoolerArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  // One after the other: the engine fills a new volume from the image of each, and the second at the same time fails.
  const limits = { ...poolerLimits(args.pooler.maxClients), cpuShares: args.tenant.cpuShares };
  const own = { volume: args.volume, limits, stopSeconds };
  const container = createPoolerContainer(name, args, own, { ...opts, dependsOn: args.server });
  // Who may come in is decided by the routes: sessions that end before could come back by one that was to be closed.
  const routes = args.last === undefined ? [] : [args.routes];
  const pools = createOwnPoolStep(name, args, container, { ...opts, dependsOn: routes });
  if (!args.tenant.access.enabled) return pools.id;
  return createLoginStep(name, args, container, { ...opts, dependsOn: pools }).id;
}

/** The values of the tenant's own pool. */
function createOwnPoolStep(
  name: string,
  { tenant, pooler }: TenantPoolerArgs,
  container: docker.Container,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  const { mode, size, reserve, maxClients, queryWaitSeconds } = pooler;
  const shown = {
    MODE: mode,
    SIZE: String(size),
    RESERVE: String(reserve),
    MAX_CLIENTS: String(maxClients),
    QUERY_WAIT: `${queryWaitSeconds} s`,
  };
  const step = { container, processes: mostProcesses, readySeconds, shown, pools: renderTenantPool(tenant, pooler) };
  return createPoolsStep(name, step, opts);
}

/** Runs again with another password, role or database, and tells PgBouncer: see images/pooler/log-in.sh. Ends no session. */
function createLoginStep(
  name: string,
  { tenant, password, answering }: TenantPoolerArgs,
  container: docker.Container,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  return new command.local.Command(
    `${name}-pool-login`,
    {
      create: `docker exec --interactive "$CONTAINER" /usr/local/lib/pgtenants/log-in.sh "$PORT" "$READY_SECONDS" || ${sayWhy}`,
      environment: {
        CONTAINER: container.id,
        PORT: String(poolPort),
        READY_SECONDS: String(readySeconds),
        AFTER: answering,
      },
      stdin: pulumi.secret(
        password.apply((secret) => [tenant.owner, tenant.database, secret].map(renderEncoded).join("")),
      ),
      logging: command.local.Logging.None,
      addPreviousOutputInEnv: false,
    },
    opts,
  );
}
