import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { PgtEvent } from "../../../cli/pgt/events.ts";
import { type Finished, run } from "./shell.ts";
import type { TestStack } from "./testStack.ts";

const main = fileURLToPath(new URL("../../../cli/pgt/main.ts", import.meta.url));

/** The environment of pgt for a test's stack: its project, backend and own folder for connection files. */
export function pgtEnvironment(stack: TestStack): Record<string, string> {
  const project = join(stack.folder, "project");
  return {
    ...stack.environment,
    PGTENANTS_PROJECT: project,
    PGTENANTS_STACK: stack.name,
    PGTENANTS_STATE: stack.folder,
  };
}

/** Runs pgt on a test's stack; `input` is what is typed. */
export function pgt(stack: TestStack, args: readonly string[], input = ""): Promise<Finished> {
  return run(process.execPath, [main, ...args], input, pgtEnvironment(stack));
}

/** The standard output of a pgt that is expected to end well. */
export async function pgtOutput(stack: TestStack, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await pgt(stack, args);
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

/** Starts pgt in the background and waits until its output holds a text. */
export async function pgtUntil(stack: TestStack, args: readonly string[], text: string) {
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...pgtEnvironment(stack) },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const ended = new Promise<{ code: number | null; output: string }>((resolve) =>
    child.once("close", (code) => resolve({ code, output })),
  );
  while (!output.includes(text)) {
    if (child.exitCode !== null) throw new Error(`pgt ended before "${text}":\n${output}`);
    await sleep(10);
  }
  return { pid: child.pid, interrupt: () => child.kill("SIGINT"), ended };
}
