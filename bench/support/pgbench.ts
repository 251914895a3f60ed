import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PgbenchRun } from "../results.ts";
import { execute, type Finished } from "./execute.ts";
import { clientsThatGaveUp, cycles, type Logged, parseLog, parseSummary } from "./pgbenchOutput.ts";
import { percentiles } from "./statistics.ts";

/** Where and how pgbench connects. */
export interface Target {
  /** libpq's parameters, but for the password. */
  readonly settings: Readonly<Record<string, string>>;
  readonly password: string;
  /** A folder of the bench that holds what the settings name. */
  readonly folder: string;
  /** The stack that the client's container goes with. */
  readonly stack: string;
  /** The tenants' image, which has pgbench. */
  readonly image: string;
}

export interface Load {
  readonly clients: number;
  readonly mode: "simple" | "prepared";
  /** A connection for each transaction. */
  readonly reconnect?: boolean;
  /** How much: a time, or transactions of each client. */
  readonly amount: { readonly seconds: number } | { readonly transactions: number };
}

/** What pgbench logged and printed; `errors` of clients that gave up. */
export interface Outcome {
  readonly tps: number;
  readonly transactions: number;
  readonly log: readonly Logged[];
  readonly errors: number;
}

/** Fills the database that the target names, 100,000 rows for each unit of scale. */
export async function initialise(target: Target, scale: number): Promise<void> {
  await withFolder(target, async (start) => {
    succeeded(await start(["--initialize", "--quiet", `--scale=${scale}`]));
  });
}

/** Runs pgbench's SELECT-only script. @throws Error when a client met an error. */
export async function runPgbench(target: Target, load: Load): Promise<PgbenchRun> {
  const { tps, transactions, log, errors } = await loadWith(target, load);
  if (errors > 0) throw new Error(`${errors} of ${load.clients} clients of pgbench gave up`);
  const times = load.reconnect === true ? cycles(log) : log.map(({ latency }) => latency);
  return { tps, transactions, ...percentiles(times.map((time) => time / 1000)) };
}

/** The same with the whole log, and with errors counted instead of thrown. */
export function loadWith(target: Target, load: Load): Promise<Outcome> {
  return withFolder(target, async (start, folder) => {
    const finished = await start([...loadArguments(load), "--log", `--log-prefix=${folder}/log`]);
    const errors = clientsThatGaveUp(finished.stderr);
    if (errors === 0) succeeded(finished);
    const files = readdirSync(folder).filter((name) => name.startsWith("log."));
    const log = files.flatMap((name) => parseLog(readFileSync(join(folder, name), "utf8")));
    return { ...parseSummary(finished.stdout), log, errors };
  });
}

function loadArguments({ clients, mode, reconnect = false, amount }: Load): string[] {
  // Connecting blocks a thread of pgbench: clients that share one would wait for each other.
  const threads = reconnect ? clients : Math.min(clients, 2);
  return [
    "--select-only",
    "--no-vacuum",
    `--protocol=${mode}`,
    `--client=${clients}`,
    `--jobs=${threads}`,
    ...(reconnect ? ["--connect"] : []),
    "seconds" in amount ? `--time=${amount.seconds}` : `--transactions=${amount.transactions}`,
  ];
}

type Start = (args: readonly string[]) => Promise<Finished>;

/** pgbench from the tenants' image in the host's network; the password comes by a file. */
async function withFolder<T>(target: Target, use: (start: Start, folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(target.folder, "pgbench-"));
  try {
    const passfile = join(folder, "pass");
    writeFileSync(passfile, `*:*:*:*:${target.password}\n`);
    chmodSync(passfile, 0o600);
    const connection = conninfo({ ...target.settings, passfile, connect_timeout: "20" });
    const container = [
      ...["run", "--rm", "--network=host", `--user=${process.getuid?.()}:${process.getgid?.()}`, "--log-driver=none"],
      ...["--label", `dev.pgtenants.stack=${target.stack}`],
      ...["--volume", `${target.folder}:${target.folder}`, "--entrypoint=pgbench", target.image],
    ];
    return await use((args) => execute("docker", [...container, ...args, connection], { limit: 600 }), folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** libpq's connection string: each value quoted. */
export function conninfo(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name}='${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`)
    .join(" ");
}

function succeeded({ code, stdout, stderr }: Finished): void {
  if (code !== 0) throw new Error(`pgbench ended with ${code}:\n${stdout}${stderr}`);
}
