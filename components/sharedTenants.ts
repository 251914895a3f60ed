import * as command from "@pulumi/command";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { sayWhy } from "./containerFailure.ts";
import { typeTokens } from "./names.ts";
import { createPoolsStep } from "./poolerContainer.ts";
import type { Settings } from "./settings.ts";
import { renderSharedFacts } from "./sharedFacts.ts";
import { renderPools } from "./sharedPools.ts";
import type { PlacedShared } from "./sharedPorts.ts";
import { type SharedSpecs, sharedSpec } from "./sharedSpec.ts";
import { sharedStatementsHash } from "./sharedStatements.ts";

/** The server that an instance is. */
export interface InstanceServer {
  readonly container: docker.Container;
  /** Its pools' container. */
  readonly pooler: docker.Container;
  /** Done when the server answers. */
  readonly ready: pulumi.Resource;
}

export interface SharedTenantsArgs {
  /** Everybody who is on the instance, those that are removed or stopped among them. */
  readonly tenants: readonly PlacedShared[];
  readonly settings: Settings;
  /** Undefined for an instance that does not run: then nothing is done, and nobody there is reached. */
  readonly server: InstanceServer | undefined;
  /** Whether the key must not be deleted: with it go all derived passwords. */
  readonly protect: boolean;
  /** The written routes: who may come in is decided there before sessions are ended here. */
  readonly routes: pulumi.Resource;
}

/** Letters and digits that carry 285 bits; see `keyLength` in tenantDatabase.ts. */
const keyLength = 48;

/** For all of an instance's pools; one takes a tenth of a second. */
const readySeconds = 120;

/** A pool's process and s6's own for it, for each of 500 tenants, and those of apply-pools.sh. */
const mostProcesses = 1200;

/**
 * Everybody on one instance: the key that their passwords derive from, one step that makes all roles, databases and schemas what they should be,
 * and one that makes their pools. Each runs again when something changes, and then touches only whom it concerns: nobody else's session ends.
 */
export class SharedTenants extends pulumi.ComponentResource {
  /** The instance's key, known when everybody is as described. Secret. */
  readonly key: pulumi.Output<string>;

  constructor(name: string, args: SharedTenantsArgs, opts?: pulumi.ComponentResourceOptions) {
    super(typeTokens.sharedTenants, name, {}, opts);
    const { server, protect } = args;
    const child = { parent: this };
    const key = new random.RandomPassword(
      `${name}-key`,
      { length: keyLength, special: false },
      { ...child, protect, additionalSecretOutputs: ["result", "bcryptHash"] },
    ).result;
    if (server === undefined) this.key = key;
    else {
      const sql = createSqlStep(name, args, server, key, child);
      const step = {
        container: server.pooler,
        processes: mostProcesses,
        readySeconds,
        pools: renderPools(args.tenants),
      };
      const pools = createPoolsStep(name, step, { ...child, dependsOn: sql });
      this.key = pulumi.all([key, pools.id]).apply(([secret]) => secret);
    }
    this.registerOutputs({});
  }
}

/** The secrets go by standard input, into a program that makes verifiers of them, and those by standard input into the server's container. */
function createSqlStep(
  name: string,
  { tenants, settings, routes }: SharedTenantsArgs,
  { container, ready }: InstanceServer,
  key: pulumi.Output<string>,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  // By their first ids: another order of the file is no change.
  const sorted = tenants.toSorted((one, other) => (one.origin < other.origin ? -1 : 1));
  const specs = sorted.map((tenant) =>
    sharedSpec(tenant, settings.domain, tenant.password === "custom" ? settings.passwords.get(tenant.id) : undefined),
  );
  const document = key.apply((secret) => JSON.stringify({ key: secret, tenants: specs } satisfies SharedSpecs));
  return new command.local.Command(
    `${name}-sql`,
    {
      create:
        'sql=$(node components/renderShared.ts) && printf "%s\\n" "$sql" | ' +
        `docker exec --interactive "$CONTAINER" /usr/local/lib/pgtenants/apply-shared.sh || ${sayWhy}`,
      environment: {
        CONTAINER: container.id,
        // Other statements run again on every instance.
        STATEMENTS_HASH: sharedStatementsHash(),
        // What a preview tells of the text.
        TENANTS: renderSharedFacts(tenants),
      },
      stdin: document,
      logging: command.local.Logging.None,
      addPreviousOutputInEnv: false,
    },
    { ...opts, dependsOn: [ready, routes], additionalSecretOutputs: ["stdout", "stderr"] },
  );
}
