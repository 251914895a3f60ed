import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Runs the Docker CLI and gives what it printed. @throws Error with what it said. */
export async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("docker", args, { maxBuffer: 2 ** 26 });
  return stdout.trim();
}

/** The same for what it prints as a list. */
export async function dockerLines(...args: readonly string[]): Promise<string[]> {
  return lines(await docker(...args));
}

/** What the CLI prints as a list. */
export function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
