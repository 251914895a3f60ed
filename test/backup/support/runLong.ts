import { spawn } from "node:child_process";
import type { Finished } from "../../e2e/support/shell.ts";

/** Runs a command that may take many minutes, in a folder; gives what it ended with. */
export function runLong(
  command: string,
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>>,
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk) => {
      output.stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      output.stderr += chunk;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...output }));
  });
}
