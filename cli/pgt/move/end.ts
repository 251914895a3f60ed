import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { OperatorError } from "../../operatorError.ts";
import { dockerAtOnce, dockerReadingAtOnce } from "../engine.ts";
import { lastWords } from "../throwAway.ts";

/** One end of a move: a database on a server. */
export interface End {
  readonly container: string;
  readonly database: string;
  readonly owner: string;
  /** The tenant's first id, which names what an instance keeps of it. */
  readonly key: string;
}

/** The arguments of docker for one step. */
function stepOf({ container, database, owner, key }: End, verb: string, ...attached: readonly string[]): string[] {
  return ["exec", ...attached, container, script, verb, database, owner, key];
}

const script = "/usr/local/lib/pgtenants/move.sh";
const freeze = new URL("../../../components/freeze.sql", import.meta.url);

/** Milliseconds that a step beside the copy may take: counting reads every row. */
const stepLimit = 60 * 60 * 1000;

/** Runs a step that needs no standard input. @throws OperatorError with what it said. */
export function endStep(end: End, verb: string): Promise<string> {
  return dockerAtOnce(stepLimit, ...stepOf(end, verb));
}

/** Runs one as the tenant's own role. @param text goes to its standard input after the password. */
export function ownerStep(end: End, verb: string, password: string, text: string): Promise<string> {
  return dockerReadingAtOnce(`${password}\n${text}`, stepLimit, stepOf(end, verb, "--interactive"));
}

/** A database that nobody writes to for as long as this process lives, unless it is kept so. */
export interface Closed {
  /** Stays closed from now on, whatever becomes of this process. @throws OperatorError where it was opened meanwhile. */
  readonly keep: () => Promise<void>;
  /** Opens it again. May be called again, and after keep, when it does nothing. */
  readonly open: () => Promise<void>;
}

/** Closes a database: sessions that write are ended, others read on. @throws OperatorError where it cannot be, which says whether it is open. */
export async function close(end: End): Promise<Closed> {
  const { database } = end;
  const child = spawn("docker", stepOf(end, "close", "--interactive"), { stdio: "pipe" });
  const said = collect(child, ["stdout", "stderr"]);
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${readFileSync(freeze, "utf8")}\n-- end\n`);
  const ended = codeOf(child);
  const closed = new Promise<boolean>((resolve) => {
    child.stdout.on("data", () => said.stdout.includes("closed") && resolve(true));
    void ended.then(() => resolve(false));
  });
  if (!(await closed)) {
    // What has begun to close it opens it at its end, where it can.
    await endStep(end, "open");
    throw new OperatorError(
      `${database} cannot be closed: ${lastWords(said.stderr) || "docker does not answer"}`,
      "mend that, and run it again; it is open",
    );
  }
  const letGo = async (word: string) => {
    child.stdin.end(word);
    await ended;
  };
  return {
    keep: async () => {
      await letGo("keep\n");
      if (said.stdout.includes("kept")) return;
      throw new OperatorError(
        `${database} did not stay closed: ${lastWords(said.stderr) || "what held it so has ended"}`,
        "run it again",
      );
    },
    open: () => letGo(""),
  };
}

/** Copies one database into another, empty one, without a file in between. @throws OperatorError with what either side said. */
export async function copy(from: End, to: End, password: string, signal: AbortSignal): Promise<void> {
  const run = (args: readonly string[]) => spawn("docker", args, { stdio: "pipe", signal });
  const [dump, load] = [run(stepOf(from, "dump")), run(stepOf(to, "load", "--interactive"))];
  // The one's standard output is the dump.
  const said = [collect(dump, ["stderr"]), collect(load, ["stdout", "stderr"])] as const;
  const codes = [dump, load].map((child) => codeOf(child));
  load.stdin.write(`${password}\n`);
  dump.stdin.end();
  // What is wrong says the one that ended.
  await pipeline(dump.stdout, load.stdin).catch(() => undefined);
  const [dumped, loaded] = await Promise.all(codes);
  if (dumped === 0 && loaded === 0) return;
  // The other one's pipe is broken.
  const words = [loaded === 0 ? "" : lastWords(said[1].stderr), dumped === 0 ? "" : lastWords(said[0].stderr)].filter(
    Boolean,
  );
  throw new OperatorError(`the copy failed: ${words.join("\n") || "docker ended it"}`, "mend that, and run it again");
}

function collect(child: ChildProcessWithoutNullStreams, streams: readonly ("stdout" | "stderr")[]) {
  const said = { stdout: "", stderr: "" };
  for (const stream of streams)
    child[stream].setEncoding("utf8").on("data", (chunk: string) => {
      said[stream] = (said[stream] + chunk).slice(-10_000);
    });
  return said;
}

function codeOf(child: ChildProcessWithoutNullStreams): Promise<number | null> {
  return new Promise((resolve) => {
    child.once("error", () => resolve(null));
    child.once("close", (code) => resolve(code));
  });
}
