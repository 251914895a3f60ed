import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { hardenedRun, serverTmpfsRun } from "../../../components/hardening.ts";
import { postgresImageTag } from "../../../components/images.ts";
import { parseSourceUrl, renderSource } from "../../../components/sourceUrl.ts";
import { exec, until } from "./imageContainer.ts";
import { type Finished, outputOf } from "./shell.ts";

const script = fileURLToPath(new URL("../../../components/importTenant.sh", import.meta.url));

/** What a new tenant begins with: a URL, or the path of a dump. */
export type Beginning = { readonly url: string } | { readonly path: string };

/** An import that goes on. */
export interface RunningImport {
  /** Waits until it has said something, and fails where it ends before. */
  readonly says: (text: string) => Promise<void>;
  /** As the kernel would when memory is short: the script alone, so that what it started goes on. */
  readonly kill: () => void;
  readonly ended: Promise<Finished>;
}

/**
 * Starts what the program's import step runs, on a volume of an image bench, for the role and database `owner`.
 * @param path where the script finds its programs.
 */
export function startImport(
  volume: string,
  from: Beginning,
  owner = "acme",
  diskMiB = 10_240,
  path = process.env["PATH"] ?? "",
): RunningImport {
  const stack = volume.replace(/^pgtenants-(.*)\..*$/, "$1");
  const labels = ["--label=dev.pgtenants.project=pgtenants", `--label=dev.pgtenants.stack=${stack}`];
  const environment = {
    IMAGE: postgresImageTag(),
    NAME: `${volume}_import`,
    VOLUME: volume,
    OWNER: owner,
    DATABASE: owner,
    MEMORY_MIB: "256",
    CPU_SHARES: "256",
    DISK_MIB: String(diskMiB),
    SOURCE: "path" in from ? from.path : "",
  };
  const env = { ...process.env, ...environment, PATH: path };
  const child = spawn("bash", [script, ...hardenedRun, ...serverTmpfsRun, ...labels], { env });
  child.stdin.on("error", () => undefined);
  child.stdin.end("url" in from ? renderSource(parseSourceUrl(from.url), "") : "");
  return follow(child);
}

/** Imports, and waits for the end. */
export function runImport(...args: Parameters<typeof startImport>): Promise<Finished> {
  return startImport(...args).ended;
}

function follow(child: ChildProcess): RunningImport {
  const output = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk) => {
    output.stdout += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    output.stderr += chunk;
  });
  return {
    says: async (text) => {
      while (!output.stderr.includes(text)) {
        if (child.exitCode !== null) throw new Error(`it ended before "${text}":\n${output.stderr}`);
        await sleep(20);
      }
    },
    kill: () => child.kill("SIGKILL"),
    ended: new Promise((resolve) => child.once("close", (code) => resolve({ code, ...output }))),
  };
}

/** What imports into a volume left on the engine. */
export async function leftOf(volume: string): Promise<string[]> {
  const filter = ["--filter", `label=dev.pgtenants.import=${volume}`];
  const [containers, volumes] = await Promise.all([
    outputOf("docker", ["ps", "--all", "--format", "{{.Names}}", ...filter]),
    outputOf("docker", ["volume", "ls", "--format", "{{.Name}}", ...filter]),
  ]);
  return [...containers.split("\n"), ...volumes.split("\n")].filter((name) => name !== "");
}

/** Runs SQL in a database of a container's server, as its superuser; gives what it prints. */
export async function inDatabase(container: string, database: string, sql: string): Promise<string> {
  const psql = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"];
  const { code, stdout, stderr } = await exec(container, [...psql, `--dbname=${database}`, "--file=-"], sql);
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

/** Everything that a user's data is: rows, large objects, sequences, definitions and comments, a line each. */
export function contentOf(container: string, database: string): Promise<string> {
  return inDatabase(container, database, contentSql);
}

/** A server that can be reached from this machine alone, on a network of its own; a role `app` with a password owns its database `shop`. */
export interface Source {
  readonly container: string;
  readonly url: (password?: string) => string;
}

export const sourcePassword = "s3cret of the source, @:/%";

/** Starts one on a volume of the bench. The network goes with the bench's other things. */
export async function startSource(volume: string): Promise<Source> {
  const stack = volume.replace(/^pgtenants-(.*)\..*$/, "$1");
  const labels = ["--label", "dev.pgtenants.project=pgtenants", "--label", `dev.pgtenants.stack=${stack}`];
  const container = `${volume}-source`;
  await outputOf("docker", ["network", "create", ...labels, container]);
  const mount = ["--mount", `type=volume,source=${volume},target=/var/lib/postgresql`];
  const tmpfs = ["--tmpfs", "/run/postgresql:uid=999,gid=999", "--tmpfs", "/tmp"];
  const settings = ["postgres", "-c", "shared_buffers=16MB", "-c", "archive_command=/bin/true"];
  const at = ["--network", container, "--name", container];
  await outputOf("docker", [
    ...["run", "--detach", "--init", ...at, ...labels, ...mount, ...tmpfs],
    ...[postgresImageTag(), ...settings],
  ]);
  await until(async () => (await exec(container, ["pg_isready", "--quiet"])).code === 0, "the source answers");
  const address = await outputOf("docker", [
    ...["inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", container],
  ]);
  await inDatabase(container, "postgres", `CREATE ROLE app LOGIN PASSWORD '${sourcePassword}'`);
  await inDatabase(container, "postgres", "CREATE DATABASE shop OWNER app");
  return {
    container,
    url: (password = sourcePassword) =>
      `postgresql://app:${encodeURIComponent(password)}@${address}:5432/shop?sslmode=prefer`,
  };
}

const tables = `FROM pg_class AS relation JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
  WHERE nspname <> 'information_schema' AND nspname !~ '^pg_'`;
const rowsOf = `format('SELECT count(*) || '' '' || coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text COLLATE "C")), '''') AS x
  FROM %I.%I AS t', nspname, relname)`;
/** What {@link contentOf} asks. */
export const contentSql = `
  SET search_path = pg_catalog;
  SELECT line FROM (
    SELECT format('rows %s.%s %s', nspname, relname, (xpath('/row/x/text()', query_to_xml(${rowsOf}, false, true, '')))[1]) AS line
      ${tables} AND relkind IN ('r', 'p', 'm')
    UNION ALL
    SELECT format('columns %s.%s %s', nspname, relname, string_agg(format('%s %s %s %s %s', attname, format_type(atttypid, atttypmod), attnotnull,
        attidentity, pg_get_expr(adbin, adrelid)), ', ' ORDER BY attname))
      FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum, pg_class AS relation, pg_namespace AS namespace
     WHERE relation.oid = attrelid AND namespace.oid = relnamespace AND nspname !~ '^pg_' AND nspname <> 'information_schema'
       AND attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v', 'm') GROUP BY nspname, relname
    UNION ALL SELECT format('large object %s %s', oid, md5(lo_get(oid))) FROM pg_largeobject_metadata
    UNION ALL SELECT format('sequence %s.%s %s %s %s', schemaname, sequencename, last_value, increment_by, data_type) FROM pg_sequences
    UNION ALL SELECT format('view %s.%s %s', nspname, relname, pg_get_viewdef(relation.oid)) ${tables} AND relkind IN ('v', 'm')
    UNION ALL SELECT format('index %s', pg_get_indexdef(relation.oid)) ${tables} AND relkind IN ('i', 'I')
    UNION ALL SELECT format('constraint %s %s', conname, pg_get_constraintdef(pg_constraint.oid)) FROM pg_constraint WHERE conrelid > 16383 AND contype <> 'n'
    UNION ALL SELECT format('trigger %s', pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT format('policy %s %s', polname, pg_get_expr(polqual, polrelid)) FROM pg_policy
    UNION ALL SELECT format('function %s', pg_get_functiondef(p.oid)) FROM pg_proc AS p WHERE p.oid > 16383 AND prokind IN ('f', 'p')
    UNION ALL SELECT format('enum %s %s', enumtypid::regtype, enumlabel) FROM pg_enum
    UNION ALL SELECT format('extension %s', extname) FROM pg_extension
    UNION ALL SELECT format('comment %s %s', classoid::regclass, description) FROM pg_description WHERE objoid > 16383
  ) AS lines ORDER BY line COLLATE "C"`;
