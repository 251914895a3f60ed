import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { sayWhy } from "./containerFailure.ts";
import { declaredSpecOf } from "./declaredSpec.ts";
import { tenantHost } from "./names.ts";
import { renderEncoded, renderPgbackrestConfig } from "./pgbackrestConfig.ts";
import { scramVerifier } from "./scramVerifier.ts";
import { serverContainer } from "./serverContainer.ts";
import { processLimit, reloadSettings } from "./serverSettings.ts";
import { declaredEnvironment, shownLimits } from "./sqlEnvironment.ts";
import { statementsFiles, statementsHash } from "./statements.ts";
import type { TenantDatabaseArgs } from "./tenantDatabase.ts";
import { limitsOf, renderTenantSpec } from "./tenantSpec.ts";
import type { Tls } from "./tlsFiles.ts";

/** What a server needs besides the tenant. */
export interface TenantServerArgs extends TenantDatabaseArgs {
  readonly volume: docker.Volume;
  readonly password: pulumi.Output<string>;
  /** Of the declared roles that log in, by name. */
  readonly rolePasswords: ReadonlyMap<string, pulumi.Output<string>>;
  readonly repository: Repository;
  /** The volume that the server shares with its connection pool; undefined where it has none. */
  readonly poolerVolume: docker.Volume | undefined;
  /** What must have filled the volume before. */
  readonly filled: readonly pulumi.Resource[];
}

/** Where a tenant's backups are, and the key that they are encrypted with. */
export interface Repository {
  readonly volume: docker.Volume;
  readonly key: pulumi.Output<string>;
}

/** How long the first start, or a crash recovery, may take before `pulumi up` gives up on a tenant. */
const readySeconds = 300;

const hash = statementsHash();

/** A tenant's container, and the step after which its server answers with the tenant's password. */
export interface TenantServer {
  readonly container: docker.Container;
  readonly ready: command.local.Command;
}

/** A tenant's container and the steps that make it fit for use. */
export function runTenantServer(
  name: string,
  args: TenantServerArgs,
  opts: pulumi.CustomResourceOptions,
): TenantServer {
  const container = createContainer(name, args, { ...opts, dependsOn: [...args.filled] });
  const certificate = args.tenant.tls === "passthrough" ? [createCertificateStep(name, args, container, opts)] : [];
  // A new tenant has no sessions that could come back by a route that is to be closed: it need not wait until the router has the new ones.
  const routes = args.last === undefined ? [] : [args.routes];
  return {
    container,
    ready: createSqlStep(name, args, container, { ...opts, dependsOn: [...certificate, ...routes] }),
  };
}

/** What the tenant's server shows where TLS passes through: its own certificate where it has one, else the wildcard's. */
function tlsOf({ tenant, settings, tenantTls }: TenantServerArgs): Tls {
  return tenantTls.get(tenant.id) ?? settings;
}

function createContainer(
  name: string,
  { tenant, settings, bridge, state, volume, repository, poolerVolume }: TenantServerArgs,
  opts: pulumi.CustomResourceOptions,
): docker.Container {
  const { stack, names, postgresImage: image } = settings;
  return new docker.Container(
    `${name}-server`,
    serverContainer<pulumi.Input<string>>({
      ...{ tenant, stack, names, image, bridge, state },
      volume: volume.name,
      repository: repository.volume.name,
      pooler: poolerVolume?.name,
    }),
    { ...opts, deleteBeforeReplace: true },
  );
}

/** The tenant's certificate for `tls: passthrough`, written into its volume; the SQL step then makes the server use it. */
function createCertificateStep(
  name: string,
  args: TenantServerArgs,
  container: docker.Container,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  const { bundle, fingerprint } = tlsOf(args).certificate;
  return new command.local.Command(
    `${name}-certificate`,
    {
      create: `docker exec --interactive "$CONTAINER" /usr/local/lib/pgtenants/write-certificate.sh "$FINGERPRINT" || ${sayWhy}`,
      environment: { CONTAINER: container.id, FINGERPRINT: fingerprint },
      stdin: pulumi.secret(bundle),
      logging: command.local.Logging.None,
      addPreviousOutputInEnv: false,
    },
    opts,
  );
}

/** Each with a salt of its own: of two roles with one password, too, nobody could see that. */
function verifiers(
  { tenant, settings }: TenantServerArgs,
  passwords: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const host = tenantHost(tenant.origin, settings.domain);
  return new Map(
    Object.entries(passwords).map(([role, password]) => [role, scramVerifier(`${role}@${host}`, password)]),
  );
}

/**
 * Runs again when its SQL or a limit changes, or the container is another one; never restarts anything. The secret goes by standard input.
 * The limit of processes is set here because the Docker provider knows none.
 */
function createSqlStep(
  name: string,
  args: TenantServerArgs,
  container: docker.Container,
  opts: pulumi.CustomResourceOptions,
): command.local.Command {
  const { tenant, settings, password, repository } = args;
  const { fingerprint } = tlsOf(args).certificate;
  const { backup } = tenant;
  const { declared } = tenant;
  const files = statementsFiles(declared === undefined ? undefined : declaredSpecOf(declared, new Map()));
  const secrets = pulumi.all([password, repository.key, pulumi.all(Object.fromEntries(args.rolePasswords))]);
  const spec = secrets.apply(([secret, key, rolePasswords]) =>
    [
      renderEncoded(renderPgbackrestConfig(backup, { key })),
      renderTenantSpec({
        owner: tenant.owner,
        // Of the first id, so that the verifier of a renamed tenant stays as it is.
        verifier: scramVerifier(tenantHost(tenant.origin, settings.domain), secret),
        database: tenant.database,
        connectionLimit: tenant.maxConnections,
        access: { login: tenant.access.enabled, allow: tenant.access.allow },
        ...(tenant.pooler === undefined && tenant.instance === undefined ? {} : { pooler: true }),
        settings: reloadSettings(tenant, fingerprint),
        ...(declared === undefined ? {} : { declared: declaredSpecOf(declared, verifiers(args, rolePasswords)) }),
        limits: limitsOf(tenant),
      }),
    ].join(""),
  );
  return new command.local.Command(
    `${name}-sql`,
    {
      create:
        'docker update --pids-limit "$PROCESSES" "$CONTAINER" >/dev/null && ' +
        "cat $STATEMENTS >/dev/null && cat - $STATEMENTS | " +
        `docker exec --interactive "$CONTAINER" /usr/local/lib/pgtenants/apply.sh "$READY_SECONDS" "$DISK_MIB" ` +
        `"$BACKUP" "$FULL" "$INCREMENTAL" "$TIME_ZONE" || ${sayWhy}`,
      environment: {
        CONTAINER: container.id,
        READY_SECONDS: String(readySeconds),
        PROCESSES: String(processLimit(tenant)),
        DISK_MIB: String(tenant.diskMiB),
        BACKUP: backup.enabled ? "yes" : "no",
        FULL: backup.full,
        INCREMENTAL: backup.incremental,
        TIME_ZONE: backup.timeZone,
        ...shownLimits(tenant),
        // Split by the shell: our own names, without spaces.
        STATEMENTS: files.join(" "),
        // Other statements run again on every tenant.
        STATEMENTS_HASH: hash,
        // Read by the next deployment; also shown by a preview, as standard input is not.
        ...(declared === undefined ? {} : declaredEnvironment(tenant, declared)),
        ...(tenant.repair === undefined ? {} : { REPAIR: tenant.repair }),
      },
      stdin: spec,
      logging: command.local.Logging.None,
      addPreviousOutputInEnv: false,
    },
    { ...opts, additionalSecretOutputs: ["stdout", "stderr"] },
  );
}
