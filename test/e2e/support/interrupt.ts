import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Finished, outputOf, run } from "./shell.ts";
import type { TestStack } from "./testStack.ts";

const script = fileURLToPath(new URL("../../../cli/recover.ts", import.meta.url));

/** What `make up` does before `pulumi up`; gives what it said. */
export function recover(stack: TestStack, ...options: readonly string[]): Promise<string> {
  return outputOf("node", [script, stack.name, ...options], "", environmentOf(stack));
}

/** The same where it may refuse. */
export function tryRecover(stack: TestStack): Promise<Finished> {
  return run("node", [script, stack.name], "", environmentOf(stack));
}

/** Starts `pulumi up` and kills the CLI so many milliseconds after its output says so. Its plugins are ended after a moment, as orphans. */
export async function killUp(stack: TestStack, moment: string, milliseconds: number): Promise<void> {
  const cwd = join(stack.folder, "project");
  const args = ["up", "--yes", "--skip-preview", "--non-interactive", "--stack", stack.name];
  const cli = spawn("pulumi", args, { cwd, env: { ...process.env, ...stack.environment } });
  const ended = new Promise((resolve) => cli.once("exit", resolve));
  let output = "";
  for (const stream of [cli.stdout, cli.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  while (!output.includes(moment)) {
    if (cli.exitCode !== null) throw new Error(`up ended before "${moment}":\n${output}`);
    await sleep(5);
  }
  await sleep(milliseconds);
  const children = execFileSync("ps", ["-o", "pid=", "--ppid", String(cli.pid)], { encoding: "utf8" })
    .trim()
    .split(/\s+/);
  cli.kill("SIGKILL");
  await ended;
  await sleep(500);
  for (const child of children) {
    try {
      process.kill(Number(child), "SIGKILL");
    } catch {
      // It ended with the CLI.
    }
  }
}

function environmentOf(stack: TestStack): Record<string, string> {
  return { ...stack.environment, PGTENANTS_PROJECT: join(stack.folder, "project") };
}
