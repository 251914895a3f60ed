import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { PgtEvent } from "../../../cli/pgt/events.ts";
import { commandEnvironment } from "./interrupt.ts";
import { type Finished, run } from "./shell.ts";
import type { TestStack } from "./testStack.ts";

const main = fileURLToPath(new URL("../../../cli/pgt/main.ts", import.meta.url));

/** The environment of pgt for a test's stack: its project, backend and own folder for connection files. */
export function pgtEnvironment(stack: TestStack): Record<string, string> {
  return { ...commandEnvironment(stack), PGTENANTS_STACK: stack.name, PGTENANTS_STATE: stack.folder };
}

/** Runs pgt on a test's stack; `input` is what is typed. */
export function pgt(stack: TestStack, args: readonly string[], input = ""): Promise<Finished> {
  return run(process.execPath, [main, ...args], input, pgtEnvironment(stack));
}

/** The standard output of a pgt that is expected to end well. */
export function pgtOutput(stack: TestStack, ...args: readonly string[]): Promise<string> {
  return pgtAnswered(stack, "", ...args);
}

/** The same where something is typed. */
export async function pgtAnswered(stack: TestStack, input: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await pgt(stack, args, input);
  if (code !== 0) throw new Error(`pgt ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** The events of a deployment. */
export async function pgtEvents(stack: TestStack, ...args: readonly string[]): Promise<PgtEvent[]> {
  const output = await pgtOutput(stack, ...args, "--json");
  return output
    .split("\n")
    .filter((line) => line !== "")
    .map((line): PgtEvent => JSON.parse(line));
}

/** A pgt that runs in the background. */
export interface RunningPgt {
  readonly pid: number | undefined;
  /** Waits until its output holds a text. @throws Error with the output when it ends before. */
  readonly says: (text: string) => Promise<void>;
  /** What is typed at its terminal. */
  readonly type: (keys: string) => void;
  readonly interrupt: () => void;
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
}

/** Starts pgt in the background and waits until its output holds a text. */
export async function pgtUntil(stack: TestStack, args: readonly string[], text: string): Promise<RunningPgt> {
  const child = follow(spawn(process.execPath, [main, ...args], { env: { ...process.env, ...pgtEnvironment(stack) } }));
  await child.says(text);
  return child;
}

/** Starts pgt at a terminal of its own, with another PATH. */
export function pgtOnTerminal(stack: TestStack, args: readonly string[], path: string): RunningPgt {
  const env = { ...process.env, ...pgtEnvironment(stack), PATH: path, TERM: "xterm" };
  const command = [process.execPath, main, ...args].join(" ");
  return follow(spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], { env }));
}

function follow(child: ChildProcessWithoutNullStreams): RunningPgt {
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  return {
    pid: child.pid,
    says: async (text) => {
      while (!output.includes(text)) {
        if (child.exitCode !== null) throw new Error(`pgt ended before "${text}":\n${output}`);
        await sleep(10);
      }
    },
    type: (keys) => child.stdin.write(keys),
    interrupt: () => child.kill("SIGINT"),
    ended: new Promise((resolve) => child.once("close", (code) => resolve({ code, output }))),
  };
}
