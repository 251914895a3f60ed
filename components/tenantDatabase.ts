import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { type ConnectionStrings, type ConnectionTarget, renderConnectionStrings } from "./connectionStrings.ts";
import type { LastTenant } from "./lastDeployment.ts";
import { ownerLabels, tenantHost, typeTokens } from "./names.ts";
import type { Settings } from "./settings.ts";
import type { PlacedTenant } from "./tenantOutputs.ts";
import { runTenantServer } from "./tenantServer.ts";
import type { TenantTls } from "./tenantTls.ts";
import { volumeOf } from "./transitions.ts";

export interface TenantDatabaseArgs {
  /** The tenant, as tenants.yaml and its plan say, and its fixed address on the bridge. Another address restarts it. */
  readonly tenant: PlacedTenant;
  readonly settings: Settings;
  readonly tenantTls: TenantTls;
  /** The bridge's name. Another one restarts the tenant. */
  readonly bridge: pulumi.Input<string>;
  /** The name of this stack's state, for the container's labels; see `stateLabel`. */
  readonly state: pulumi.Input<string>;
  /** What the last deployment knows of the tenant; undefined for a new one. */
  readonly last: LastTenant | undefined;
  /** The written routes: who may come in is decided there before sessions are ended here, where there can be some. */
  readonly routes: pulumi.Resource;
}

/** Password length. 32 letters and digits carry 190 bits and need no quoting in any client's configuration. */
const passwordLength = 32;

/**
 * One tenant's PostgreSQL: volume, password, container, and the step that makes role, database, grants and settings what they should be.
 *
 * Volume and password are state: protected, and kept when they leave the stack. The container can be replaced at any time; it is stopped
 * in time and gone before its successor starts, because two servers on one volume would destroy it. A stopped tenant has no container; a
 * removed one has none either, and its volume is no longer protected, but stays on the engine.
 */
export class TenantDatabase extends pulumi.ComponentResource {
  /** The tenant's id. */
  readonly id: string;
  /** Whether it is still a tenant, and not only data that is kept. */
  readonly exists: boolean;
  /** The tenant's connection in every form; secret. Of a tenant that runs, known only when its server answers with this password. */
  readonly connectionStrings: pulumi.Output<ConnectionStrings>;

  constructor(name: string, args: TenantDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    const { tenant, settings } = args;
    super(
      typeTokens.tenantDatabase,
      name,
      {},
      { ...opts, aliases: tenant.formerIds.map((former) => ({ name: former })) },
    );
    this.id = tenant.id;
    this.exists = tenant.state !== "removed";
    const child = { parent: this };

    const volume = createVolume(name, args, child);
    const generated = createPassword(name, args, child);
    const password = tenant.password === "custom" ? customPassword(args) : generated.result;
    const answering =
      tenant.state === "running" ? runTenantServer(name, { ...args, volume, password }, child) : password;
    const target = connectionTarget(tenant, settings);
    this.connectionStrings = pulumi.secret(
      pulumi.all([password, answering]).apply(([secret]) => renderConnectionStrings({ ...target, password: secret })),
    );
    this.registerOutputs({
      address: tenant.address,
      state: tenant.state,
      memoryMiB: tenant.memoryMiB,
      maxConnections: tenant.maxConnections,
      diskMiB: tenant.diskMiB,
    });
  }
}

/** Carries the first id's name and label for good: neither can be changed. A volume that was taken over has none of our labels. */
function createVolume(
  name: string,
  { tenant, settings }: TenantDatabaseArgs,
  opts: pulumi.CustomResourceOptions,
): docker.Volume {
  const labels = tenant.adoptedVolume === undefined ? { labels: ownerLabels(settings.stack, tenant.origin) } : {};
  const kept = settings.deletionProtection || tenant.state === "removed" || tenant.adoptedVolume !== undefined;
  return new docker.Volume(
    `${name}-data`,
    { name: volumeOf(tenant, settings.names), ...labels },
    // None of these can be changed in place: where they differ, on a volume from a copy for one, it must not be replaced for them.
    {
      ...opts,
      protect: isProtected(tenant, settings),
      retainOnDelete: kept,
      ignoreChanges: ["labels", "driver", "driverOpts"],
    },
  );
}

/** Made also where a custom one is used, so that it is there again when that ends. */
function createPassword(
  name: string,
  { tenant, settings, last }: TenantDatabaseArgs,
  opts: pulumi.CustomResourceOptions,
): random.RandomPassword {
  const version = String(tenant.passwordVersion);
  // The engine replaces no protected resource, so a rotation is the one deployment in which the password is not.
  const rotates = last?.passwordVersion !== undefined && last.passwordVersion !== tenant.passwordVersion;
  return new random.RandomPassword(
    `${name}-password`,
    { length: passwordLength, special: false, keepers: { version } },
    {
      ...opts,
      protect: isProtected(tenant, settings) && !rotates,
      // Else a deployment that fails would leave both in the state, which the engine cannot write when the tenant is renamed then.
      deleteBeforeReplace: true,
      additionalSecretOutputs: ["result", "bcryptHash"],
    },
  );
}

function isProtected(tenant: PlacedTenant, settings: Settings): boolean {
  return settings.deletionProtection && tenant.state !== "removed";
}

function customPassword({ tenant, settings }: TenantDatabaseArgs): pulumi.Output<string> {
  const password = settings.passwords.get(tenant.id);
  if (password === undefined) throw new Error(`no password for ${tenant.id}: the list was not checked`);
  return pulumi.secret(password);
}

function connectionTarget(tenant: PlacedTenant, settings: Settings): Omit<ConnectionTarget, "password"> {
  const passesThrough = tenant.tls === "passthrough";
  const own = passesThrough ? settings.tenantCertificates.get(tenant.id) : undefined;
  return {
    id: tenant.id,
    host: tenantHost(tenant.id, settings.domain),
    port: settings.port,
    database: tenant.database,
    user: tenant.owner,
    caFile: own === undefined ? settings.caFile : own.ca,
    hostAddress: settings.hostAddress,
    channelBinding: passesThrough,
  };
}
