import { randomBytes } from "node:crypto";
import { renderPgbackrestConfig, repositoryFolder } from "../../../components/pgbackrestConfig.ts";
import { scramVerifier } from "../../../components/scramVerifier.ts";
import { reloadSettings } from "../../../components/serverSettings.ts";
import { statements } from "../../../components/statements.ts";
import { limitsOf, renderTenantSpec } from "../../../components/tenantSpec.ts";
import { tenant } from "../../support/tenants.ts";
import { applySql, asSuperuser, type ImageBench, script, until } from "./imageContainer.ts";
import { type Finished, outputOf } from "./shell.ts";

/** A tenant's server with its repository, as the program makes them. */
export interface BackedUp {
  readonly container: string;
  readonly volume: string;
  readonly repository: string;
  readonly key: string;
}

const plan = tenant();

/** The part of a tenant that its backups depend on. */
type Plan = Pick<typeof plan, "backup" | "diskMiB">;

/** Options of `docker run` that mount a repository. */
export function repositoryMount(repository: string, access: "read-write" | "readonly"): string[] {
  const mount = `type=volume,source=${repository},target=${repositoryFolder}`;
  return ["--mount", access === "readonly" ? `${mount},readonly` : mount];
}

/** pgBackRest's configuration, as it goes to a container. */
export function configOf({ key }: Pick<BackedUp, "key">, backup = plan.backup): string {
  return renderPgbackrestConfig(backup, { key });
}

/** What a server with a repository is to be other than by default. */
interface BackedUpOptions {
  /** A volume that holds a cluster already. */
  readonly volume?: string;
  /** The repository's volume. */
  readonly repository?: string;
  /** Further options of `docker run`. */
  readonly run?: readonly string[];
  /** Its backups and its disk quota, where they are not a small tenant's. */
  readonly plan?: Partial<Plan>;
}

/** Starts a tenant's server with a repository, and has it archive. */
export async function startBackedUp(bench: ImageBench, options: BackedUpOptions = {}): Promise<BackedUp> {
  const volume = options.volume ?? (await bench.volume());
  const repository = options.repository ?? (await bench.volume());
  const container = await bench.start(volume, {}, [
    ...repositoryMount(repository, "read-write"),
    ...(options.run ?? []),
  ]);
  const key = randomBytes(24).toString("hex");
  const server = { container, volume, repository, key };
  await apply(server, options.plan);
  return server;
}

/** What the program's SQL step does. */
export async function apply(server: BackedUp, differences: Partial<Plan> = {}): Promise<void> {
  const applied = { ...plan, ...differences };
  const { owner, database, maxConnections, access } = applied;
  const spec = renderTenantSpec({
    owner,
    verifier: scramVerifier("acme.example.com", "not a secret"),
    database,
    connectionLimit: maxConnections,
    access: { login: access.enabled, allow: access.allow },
    settings: reloadSettings(applied, "none"),
    limits: limitsOf(applied),
  });
  const { enabled, full, incremental, timeZone } = applied.backup;
  const limits = { readySeconds: 60, diskMiB: applied.diskMiB };
  const { code, stderr } = await applySql(server.container, limits, spec + statements(), {
    words: [enabled ? "yes" : "no", full, incremental, timeZone],
    config: configOf(server, applied.backup),
  });
  if (code !== 0) throw new Error(stderr);
}

/** Finishes the segment that is being written, and waits until it is in the repository. */
export async function archiveNow({ container }: BackedUp): Promise<void> {
  const segment = await asSuperuser(container, "SELECT pg_walfile_name(pg_switch_wal())");
  const archived = "SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver";
  await until(async () => (await asSuperuser(container, archived)) >= segment, `${segment} is archived`);
}

/** The ids in the table `ledger` of a volume, in order, separated by blanks. */
export async function ledgerIn(bench: ImageBench, volume: string): Promise<string> {
  const container = await bench.start(volume);
  try {
    return await ledgerOf(container);
  } finally {
    await outputOf("docker", ["rm", "--force", "--volumes", container]);
  }
}

/** The ids in the table `ledger` of a server. */
export function ledgerOf(container: string): Promise<string> {
  return asSuperuser(container, "SELECT coalesce(string_agg(id::text, ' ' ORDER BY id), '') FROM ledger");
}

/** The numbers from 1 on, as the ledger has them. */
export function upTo(last: number): string {
  return Array.from({ length: last }, (_, index) => index + 1).join(" ");
}

/** Makes a backup with the image's own script. */
export function backUp({ container }: BackedUp, type: "full" | "incr"): Promise<Finished> {
  return script(container, "backup.sh", [type]);
}

/** Fills a new volume from a repository with the image's own script; gives the volume, and what the script ended with. */
export async function restore(
  bench: ImageBench,
  { repository, key }: Pick<BackedUp, "repository" | "key">,
  target: readonly string[],
  config = configOf({ key }),
): Promise<{ readonly volume: string; readonly finished: Finished }> {
  const volume = await bench.volume();
  const mounts = [
    ...["--mount", `type=volume,source=${volume},target=/var/lib/postgresql`],
    ...repositoryMount(repository, "readonly"),
  ];
  return { volume, finished: await bench.runOnce("restore.sh", target, mounts, config) };
}
