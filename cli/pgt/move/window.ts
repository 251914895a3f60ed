import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { findPsql, type Psql } from "../../psql.ts";
import type { StackOutputs } from "../../stackOutputs.ts";
import { writeConnectionFiles } from "../../writeConnectionFiles.ts";
import type { Context } from "../context.ts";
import { readOutputs } from "../outputs.ts";

/** Milliseconds between two looks, for one look, and after the deployment. */
const pause = 100;
const answerLimit = 5000;
const afterDeployment = 60_000;

/**
 * What a database that is closed has, see freeze.sql. That transactions are read-only by default would not do: a pool may give a session that began
 * before. A tenant may have a schema of that name itself.
 */
const question =
  "SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'pgtenants' AND nspowner = 10)";

/** Asks as a client does whether a tenant can be written to. */
export interface Client {
  /** When a new session through the router could write for the first time; undefined where the signal ended it. */
  readonly writable: (signal: AbortSignal) => Promise<number | undefined>;
  /** Logs in with what there is after a deployment. */
  readonly renew: () => void;
}

/**
 * @param outputs of before: what clients have goes on working. @returns undefined where the router lets nobody in from here.
 */
export async function makeClient(context: Context, id: string, outputs: StackOutputs): Promise<Client | undefined> {
  const { serviceFile } = writeConnectionFiles(context.stack, outputs);
  const psql = await findPsql(
    serviceFile,
    typeof outputs.caCertificate === "string",
    context.config.get("postgresImage"),
  );
  if ((await asked(psql, serviceFile, id)) === undefined) return undefined;
  return {
    renew: () => {
      writeConnectionFiles(context.stack, readOutputs(context));
    },
    writable: async (signal) => {
      while (!signal.aborted) {
        if ((await asked(psql, serviceFile, id)) === "t") return performance.now();
        await sleep(pause);
      }
      return undefined;
    },
  };
}

/** What psql says to the question; undefined without an answer. */
async function asked([command, ...leading]: Psql, serviceFile: string, id: string): Promise<string | undefined> {
  const words = ["--no-psqlrc", "--no-password", "--tuples-only", "--no-align", `--command=${question}`];
  const { PATH, HOME } = process.env;
  try {
    const { stdout } = await promisify(execFile)(command, [...leading, ...words, `service=${id}`], {
      timeout: answerLimit,
      env: { PATH, HOME, PGSERVICEFILE: serviceFile },
    });
    return stdout.trim();
  } catch {
    return undefined;
  }
}

/**
 * Switches, and waits until a new session can write. @returns when that was, or when the deployment ended where no session of ours gets in within a
 * minute after it: the tenant's own may have taken all places.
 */
export async function untilWritable(
  { report }: Context,
  id: string,
  client: Client | undefined,
  switched: () => Promise<void>,
): Promise<number> {
  if (client === undefined) {
    await switched();
    return performance.now();
  }
  const stop = new AbortController();
  const writable = client.writable(stop.signal);
  try {
    await switched();
  } catch (error) {
    stop.abort();
    throw error;
  }
  const deployed = performance.now();
  client.renew();
  const given = setTimeout(() => stop.abort(), afterDeployment);
  const at = await writable;
  clearTimeout(given);
  if (at !== undefined) return at;
  const message = `${id} is where it was to be, and for a minute no session of this command's could write there through the router: pgt status ${id} says more. The time counts to the deployment's end`;
  report({ event: "warning", message });
  return deployed;
}
