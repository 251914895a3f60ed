import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the start of the process to the end of its output. */
  readonly seconds: number;
}

export interface Execution {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** Seconds until it is killed. */
  readonly limit?: number;
  /** Told the process id as soon as there is one. */
  readonly started?: (pid: number) => void;
}

const running = new Set<ChildProcess>();
let cut = false;

/** How long a command may take to end by itself once it is told to, in seconds. */
const graceSeconds = 10;

/** Ends every command that runs, by Ctrl-C's signal where that is enough, and lets no other begin. */
export async function cutAll(): Promise<void> {
  cut = true;
  const ended = Promise.all([...running].map((child) => once(child, "close")));
  for (const child of running) child.kill("SIGINT");
  await Promise.race([ended, sleep(graceSeconds * 1000, undefined, { ref: false })]);
  for (const child of running) child.kill("SIGKILL");
  await ended;
}

/** Runs a command without a shell and waits for its end, whatever it is. @throws Error where the run was cut before. */
export function execute(command: string, args: readonly string[], execution: Execution = {}): Promise<Finished> {
  if (cut) return Promise.reject(new Error("the run was cut"));
  const { input = "", environment = {}, folder, limit = 120, started } = execution;
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const child = spawn(command, args, {
      cwd: folder,
      timeout: limit * 1000,
      killSignal: "SIGKILL",
      env: { ...process.env, ...environment },
    });
    running.add(child);
    if (child.pid !== undefined) started?.(child.pid);
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => {
      output.stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      output.stderr += chunk;
    });
    child.on("error", (error) => {
      running.delete(child);
      reject(error);
    });
    child.on("close", (code) => {
      running.delete(child);
      resolve({ code, ...output, seconds: (performance.now() - begun) / 1000 });
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/** The same for a command that is expected to succeed. */
export async function succeed(command: string, args: readonly string[], execution: Execution = {}): Promise<Finished> {
  const finished = await execute(command, args, execution);
  if (finished.code !== 0) {
    throw new Error(`${command} ${args.join(" ")} ended with ${finished.code}:\n${finished.stdout}${finished.stderr}`);
  }
  return finished;
}

/** What a command that is expected to succeed prints. */
export async function outputOf(command: string, args: readonly string[], execution: Execution = {}): Promise<string> {
  return (await succeed(command, args, execution)).stdout.trim();
}
