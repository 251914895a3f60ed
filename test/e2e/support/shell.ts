import { spawn } from "node:child_process";

/** What a command left behind. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command without a shell and waits for its end, whatever it is; standard input is `input`. Killed after two minutes. */
export function run(
  command: string,
  args: readonly string[],
  input = "",
  environment: Record<string, string> = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...environment };
    const child = spawn(command, args, { timeout: 120_000, killSignal: "SIGKILL", env });
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => {
      output.stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      output.stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...output }));
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/** The standard output of a command that is expected to succeed. */
export async function outputOf(
  command: string,
  args: readonly string[],
  input = "",
  environment: Record<string, string> = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, input, environment);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  return stdout.trim();
}
