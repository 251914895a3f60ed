import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { promisify } from "node:util";
import { hardenedRun } from "../components/hardening.ts";
import { postgresImageTag } from "../components/images.ts";
import { OperatorError } from "./operatorError.ts";
import type { Answer } from "./renderStatus.ts";

const run = promisify(execFile);

/** How long one tenant may take to answer, in milliseconds: the router and the server are on this machine or near. */
const answerLimit = 5000;

/** A psql: a command with the arguments that come before psql's own. */
export type Psql = readonly [command: string, ...leading: string[]];

/**
 * The psql of this machine where it is new enough, else the one in the tenants' image.
 * @param serviceFile is made visible in the container, with its folder. @param privateCa a public CA needs libpq 16's `sslrootcert=system`.
 * @param image the tenants' image, where it is not the one that set-up builds. @throws OperatorError when there is neither.
 */
export async function findPsql(serviceFile: string, privateCa: boolean, image = postgresImageTag()): Promise<Psql> {
  // 14 is the first that sends the server name, which the router picks the tenant by.
  if ((await installedMajor()) >= (privateCa ? 14 : 16)) return ["psql"];
  await expectEngine();
  return psqlInContainer(serviceFile, image);
}

/** Once, or each tenant's answer would be the engine's. */
async function expectEngine(): Promise<void> {
  try {
    await run("docker", ["version"], { timeout: answerLimit });
  } catch (error) {
    throw new OperatorError(`no Docker engine answers: ${reasonOf(error)}`, "make up, which starts it");
  }
}

async function installedMajor(): Promise<number> {
  try {
    const { stdout } = await run("psql", ["--version"]);
    return Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function psqlInContainer(serviceFile: string, image: string): Psql {
  const folder = dirname(serviceFile);
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  return [
    "docker",
    "run",
    "--rm",
    "--pull=never",
    "--network=host",
    ...hardenedRun,
    // psql keeps the whole of a result in memory.
    "--memory=1g",
    "--memory-swap=1g",
    `--user=${user}`,
    `--volume=${folder}:${folder}:ro`,
    "--label=dev.pgtenants.project=pgtenants",
    `--env=PGSERVICEFILE=${serviceFile}`,
    // Its home is read-only, and it would say so at its end.
    "--env=PSQL_HISTORY=/dev/null",
    "--entrypoint=psql",
    image,
  ];
}

/** The same psql for an operator who wants to type at it, or with `typed` false to give it something on standard input. */
export function forTerminal([command, ...leading]: Psql, typed = true): readonly string[] {
  const attached = ["--rm", "--interactive", ...(typed ? ["--tty"] : [])];
  return [command, ...leading.flatMap((word) => (word === "--rm" ? attached : [word]))];
}

/** Asks one tenant for its time, with the certificate verified in full. Never throws: what went wrong is the answer. */
export async function ask([command, ...leading]: Psql, serviceFile: string, id: string): Promise<Answer> {
  const query = [
    "--no-psqlrc",
    "--no-password",
    "--tuples-only",
    "--no-align",
    "--command=select now()",
    `service=${id}`,
  ];
  const begun = performance.now();
  try {
    const { stdout } = await run(command, [...leading, ...query], {
      timeout: answerLimit,
      env: { ...withoutPg(), PGSERVICEFILE: serviceFile },
    });
    if (!/^\d{4}-\d\d-\d\d /.test(stdout))
      return { kind: "failed", reason: `got "${stdout.trim()}", expected the server's time` };
    return { kind: "answered", milliseconds: Math.round(performance.now() - begun) };
  } catch (error) {
    return { kind: "failed", reason: reasonOf(error) };
  }
}

/** The user's own PG* variables would win over the service file. */
function withoutPg(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PG")));
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("killed" in error && error.killed === true) return `no answer within ${answerLimit / 1000} s`;
  const stderr = "stderr" in error && typeof error.stderr === "string" ? error.stderr : "";
  return stderr.trim().replace(/\s*\n\s*/g, " ") || error.message;
}
