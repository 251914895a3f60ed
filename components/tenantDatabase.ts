import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { isPassing } from "../tenants/standby.ts";
import { absentIn } from "./declaredSpec.ts";
import { instancePoolerLimits, instancePoolerStopSeconds } from "./hardening.ts";
import type { LastTenant } from "./lastDeployment.ts";
import { typeTokens } from "./names.ts";
import { createPoolerContainer } from "./poolerContainer.ts";
import type { Settings } from "./settings.ts";
import type { InstanceServer } from "./sharedTenants.ts";
import { createCloneStep } from "./tenantClone.ts";
import { type TenantConnections, tenantConnections } from "./tenantConnections.ts";
import { tenantFacts } from "./tenantFacts.ts";
import { createImportStep } from "./tenantImport.ts";
import type { PlacedTenant } from "./tenantOutputs.ts";
import { createPoolerVolume, runTenantPooler } from "./tenantPooler.ts";
import { type Repository, runTenantServer, type TenantServerArgs } from "./tenantServer.ts";
import { createPassword, createRepository, createRolePasswords, createVolume, customPassword } from "./tenantState.ts";
import type { TenantTls } from "./tenantTls.ts";

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
  /** The tenants that are there already, by id: whose backups a new one may begin with. */
  readonly sources: ReadonlyMap<string, TenantDatabase>;
  /** The written routes: who may come in is decided there before sessions are ended here, where there can be some. */
  readonly routes: pulumi.Resource;
}

/**
 * One tenant's PostgreSQL: volume, password, container, the repository of its backups, and the step that makes role, database, grants and
 * settings what they should be.
 *
 * Volumes, password and the repository's key are state: protected, and kept when they leave the stack. The container can be replaced at any time; it is stopped
 * in time and gone before its successor starts, because two servers on one volume would destroy it. A stopped tenant has no container; a
 * removed one has none either, and its volume is no longer protected, but stays on the engine.
 */
export class TenantDatabase extends pulumi.ComponentResource {
  /** The tenant's id. */
  readonly id: string;
  /** The id that names its volumes: its first one. */
  readonly origin: string;
  /** Whether it is still a tenant, and not only data that is kept; false for an instance, whose connection nobody is given, and for a second place. */
  readonly exists: boolean;
  /** Whether it goes by itself, and its data with it, or is a second place that a move fills or has given up. */
  readonly ephemeral: boolean;
  /** The tenant's connection in every form; secret. Of a tenant that runs, known only when its server answers with this password. */
  readonly connectionStrings: pulumi.Output<TenantConnections>;
  /** Its backups, for a tenant that begins with them. */
  readonly repository: Repository;
  /** Of an instance that runs: what its tenants are made in. */
  readonly instance: InstanceServer | undefined;

  constructor(name: string, args: TenantDatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    const { tenant, settings } = args;
    super(typeTokens.tenantDatabase, name, tenantFacts(tenant, settings), {
      ...opts,
      aliases: tenant.formerIds.map((former) => ({ name: former })),
    });
    this.id = tenant.id;
    this.origin = tenant.origin;
    this.exists = tenant.state !== "removed" && tenant.instance !== true && tenant.standby === undefined;
    this.ephemeral = tenant.until !== undefined || isPassing(tenant.standby);
    const child = { parent: this };

    const volume = createVolume(name, args, child);
    this.repository = createRepository(name, args, child);
    const generated = createPassword(name, args, child);
    const rolePasswords = createRolePasswords(name, args, child);
    const filled = fill(name, args, volume, child);
    const password = tenant.password === "custom" ? customPassword(args) : generated.result;
    const server =
      tenant.state === "running"
        ? run(name, { ...args, volume, repository: this.repository, password, rolePasswords, filled }, child)
        : undefined;
    this.instance = server?.instance;
    const answering = server?.answering ?? password;
    this.connectionStrings = pulumi.secret(
      pulumi
        .all([password, pulumi.all(Object.fromEntries(rolePasswords)), answering])
        .apply(([own, roles]) => tenantConnections(tenant, settings, { own, roles })),
    );
    this.registerOutputs({
      address: tenant.address,
      ...(tenant.poolerAddress === undefined ? {} : { poolerAddress: tenant.poolerAddress }),
      state: tenant.state,
      memoryMiB: tenant.memoryMiB,
      maxConnections: tenant.maxConnections,
      diskMiB: tenant.diskMiB,
      // What the next deployment reads of one that goes by itself.
      ...(tenant.until === undefined ? {} : { until: tenant.until }),
      ...(tenant.entry === undefined ? {} : { entry: tenant.entry }),
      ...(tenant.standby === undefined ? {} : { standby: tenant.standby }),
      ...droppedOutput(tenant),
    });
  }
}

/** What answers with the tenant's password; of an instance, what its tenants are made in. */
interface Running {
  readonly answering: pulumi.Output<unknown>;
  readonly instance: InstanceServer | undefined;
}

/** The server, and its connection pool where it has one; known when both answer. */
function run(name: string, args: Omit<TenantServerArgs, "poolerVolume">, opts: pulumi.CustomResourceOptions): Running {
  const { pooler, instance } = args.tenant;
  const pooled = pooler !== undefined || instance !== undefined;
  const poolerVolume = pooled ? createPoolerVolume(name, args, opts) : undefined;
  const server = runTenantServer(name, { ...args, poolerVolume }, opts);
  const answering = server.ready.id;
  if (poolerVolume === undefined) return { answering, instance: undefined };
  if (instance !== undefined) {
    // As in tenantPooler.ts.
    const after = { ...opts, dependsOn: server.container };
    const own = { volume: poolerVolume, limits: instancePoolerLimits, stopSeconds: instancePoolerStopSeconds };
    return { answering, instance: { ...server, pooler: createPoolerContainer(name, args, own, after) } };
  }
  if (pooler === undefined) return { answering, instance: undefined };
  const pool = runTenantPooler(
    name,
    { ...args, pooler, volume: poolerVolume, answering, server: server.container },
    opts,
  );
  return { answering: pulumi.all([answering, pool]), instance: undefined };
}

/** The drops inside the server, with their confirmations: those are not to be recent any more once they were deployed. */
function droppedOutput({ declared }: PlacedTenant): { readonly dropped?: string } {
  const absent = declared === undefined ? [] : absentIn(declared);
  return absent.length === 0 ? {} : { dropped: JSON.stringify(absent) };
}

/** What a new tenant begins with, where that is not an empty database. */
function fill(
  name: string,
  { tenant, settings, state, sources }: TenantDatabaseArgs,
  volume: docker.Volume,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const { from: clone, importFrom } = tenant;
  if (tenant.state !== "running") return [];
  if (importFrom !== undefined)
    return [createImportStep(name, { tenant, settings, state, volume, source: importFrom }, opts)];
  if (clone === undefined) return [];
  const source = sources.get(clone.source);
  // It may go when the clone has been made.
  if (source === undefined) return [];
  return [
    createCloneStep(
      name,
      { tenant, settings, state, volume, clone, source: source.repository },
      { ...opts, dependsOn: source },
    ),
  ];
}
