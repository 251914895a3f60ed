import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { renderPassFile, renderServiceFile } from "../../../cli/connectionFiles.ts";
import { stringsOf } from "../../e2e/support/clients.ts";
import { inspect } from "../../e2e/support/engine.ts";
import { outputOf, run } from "../../e2e/support/shell.ts";
import type { TestStack } from "../../e2e/support/testStack.ts";

/** Transactions a second, on four sessions that stay, and on two that connect anew for each. */
const rates = { staying: 50, reconnecting: 5 };

/** Longer than any test; it is ended before. Bounds what a run that was cut leaves behind. */
const seconds = 300;

export interface BenchFindings {
  readonly transactions: number;
  /** What it printed besides its progress, and transactions that failed. */
  readonly errors: readonly string[];
}

export interface Bench {
  /** Ends it; a second call gives the same. */
  readonly stop: () => Promise<BenchFindings>;
}

/** Makes the tables of PostgreSQL's own benchmark, anew. */
export async function initializePgbench(at: TestStack, id: string): Promise<void> {
  await outputOf("docker", ["run", "--rm", ...(await pgbenchIn(at, id)), "--initialize", "--quiet", `service=${id}`]);
}

/** Starts the benchmark on a tenant, through the router, from the tenants' image: on sessions that stay, and on new ones. */
export async function startPgbench(at: TestStack, id: string): Promise<Bench> {
  const pgbench = await pgbenchIn(at, id);
  const common = ["--no-vacuum", "--progress=1", `--time=${seconds}`];
  const staying = start([...pgbench, ...common, "--client=4", `--rate=${rates.staying}`, `service=${id}`]);
  const others = [...common, "--client=2", "--connect", `--rate=${rates.reconnecting}`];
  const reconnecting = start([...pgbench, ...others, `service=${id}`]);
  return {
    stop: async () => {
      const [one, other] = await Promise.all([staying.stop(), reconnecting.stop()]);
      return { transactions: one.transactions + other.transactions, errors: [...one.errors, ...other.errors] };
    },
  };
}

/** The arguments of `docker run` up to pgbench's own. The files hold the password, as clients keep it. */
async function pgbenchIn(at: TestStack, id: string): Promise<string[]> {
  const folder = join(at.folder, `pgbench-${id}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const strings = [stringsOf(await at.connectionStrings(), id)];
  const paths = { serviceFile: join(folder, "service"), passFile: join(folder, "pass"), caFile: at.caFile };
  writeFileSync(paths.serviceFile, renderServiceFile(strings, paths, true));
  writeFileSync(paths.passFile, renderPassFile(strings), { mode: 0o600 });
  return [
    ...["--network", "host", "--user", `${process.getuid?.()}:${process.getgid?.()}`],
    ...["--volume", `${at.folder}:${at.folder}:ro`, "--env", `PGSERVICEFILE=${paths.serviceFile}`],
    ...["--entrypoint", "pgbench", await inspect(at.container(id), "{{.Config.Image}}")],
  ];
}

function start(command: readonly string[]): Bench {
  const name = `pgtenants-pgbench-${randomBytes(4).toString("hex")}`;
  const client = spawn("docker", ["run", "--rm", "--name", name, ...command], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  client.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const closed = once(client, "close");
  const ended = async () => {
    // Where it has ended by itself there is nothing to kill.
    const { code, stderr } = await run("docker", ["kill", name]);
    await closed;
    const { transactions, errors } = readPgbench(said);
    return { transactions, errors: code === 0 ? errors : [...errors, `it had ended: ${stderr.trim()}`] };
  };
  let findings: Promise<BenchFindings> | undefined;
  return {
    stop: () => {
      findings ??= ended();
      return findings;
    },
  };
}

const progressLine = /^progress: [\d.]+ s, ([\d.]+) tps, .* (\d+) failed/;

/** What pgbench said: a line of progress each second; anything else is an error, but for its first words. */
export function readPgbench(said: string): BenchFindings {
  const lines = said.split("\n").filter((line) => line !== "" && !line.startsWith("pgbench (PostgreSQL)"));
  const progress = lines.map((line) => progressLine.exec(line)).filter((match) => match !== null);
  const failed = progress.filter(([, , count]) => count !== "0").map(([line]) => line);
  return {
    transactions: Math.round(progress.reduce((sum, [, tps]) => sum + Number(tps), 0)),
    errors: [...lines.filter((line) => !progressLine.test(line)), ...failed],
  };
}
