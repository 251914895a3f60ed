import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Finished, outputOf, run } from "./shell.ts";
import type { TestStack } from "./testStack.ts";

const script = fileURLToPath(new URL("../../../cli/recover.ts", import.meta.url));

/** What `make up` does before `pulumi up`; gives what it said. */
export function recover(stack: TestStack, ...options: readonly string[]): Promise<string> {
  return outputOf("node", [script, stack.name, ...options], "", commandEnvironment(stack));
}

/** The same where it may refuse. */
export function tryRecover(stack: TestStack): Promise<Finished> {
  return run("node", [script, stack.name], "", commandEnvironment(stack));
}

/** A `pulumi up` as an operator runs it, in a process group of its own, as a terminal would put it. */
export interface RunningUp {
  /** Waits until its output holds the text. @throws Error with the output when it ends before. */
  readonly says: (moment: string) => Promise<void>;
  /** What Ctrl-C does: the signal goes to the CLI and to everything that it started. */
  readonly interrupt: () => void;
  /** Kills the CLI alone, and after a moment what it started, as orphans. */
  readonly kill: () => Promise<void>;
  /** How it ended; null as its code after a signal. */
  readonly ended: Promise<Finished>;
}

/** Starts it, without a preview. `environment` is added to the stack's. */
export function startUp(stack: TestStack, environment: Record<string, string> = {}): RunningUp {
  const cwd = join(stack.folder, "project");
  const args = ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", stack.name];
  const env = { ...process.env, ...stack.environment, ...environment };
  const cli = spawn("pulumi", args, { cwd, env, detached: true });
  const output = { stdout: "", stderr: "" };
  cli.stdout.on("data", (chunk) => {
    output.stdout += chunk;
  });
  cli.stderr.on("data", (chunk) => {
    output.stderr += chunk;
  });
  const ended = new Promise<Finished>((resolve) => cli.once("exit", (code) => resolve({ code, ...output })));
  return {
    says: async (moment) => {
      while (!`${output.stdout}${output.stderr}`.includes(moment)) {
        if (cli.exitCode !== null) throw new Error(`up ended before "${moment}":\n${output.stdout}${output.stderr}`);
        await sleep(5);
      }
    },
    interrupt: () => process.kill(-pidOf(cli), "SIGINT"),
    kill: async () => {
      const children = childrenOf(pidOf(cli));
      cli.kill("SIGKILL");
      await ended;
      await sleep(500);
      children.forEach(killIfThere);
    },
    ended,
  };
}

/** Starts `pulumi up` and kills it so many milliseconds after its output says so. */
export async function killUp(stack: TestStack, moment: string, milliseconds: number): Promise<void> {
  const up = startUp(stack);
  await up.says(moment);
  await sleep(milliseconds);
  await up.kill();
}

function pidOf(cli: ChildProcess): number {
  if (cli.pid === undefined) throw new Error("pulumi did not start");
  return cli.pid;
}

function childrenOf(pid: number): number[] {
  // Of a process that has ended, or has none, ps prints nothing and fails.
  const { stdout } = spawnSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" });
  return (stdout.match(/\d+/g) ?? []).map(Number);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended with the CLI.
  }
}

/** Environment of our own commands, for them to work on the test's stack. */
export function commandEnvironment(stack: TestStack): Record<string, string> {
  return { ...stack.environment, PGTENANTS_PROJECT: join(stack.folder, "project") };
}
