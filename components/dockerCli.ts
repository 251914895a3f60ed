import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Runs the Docker CLI and gives what it printed. @throws Error with what it said. */
export async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("docker", args, { maxBuffer: 2 ** 26 });
  return stdout.trim();
}

/** The same with something on its standard input. @param limit how long it may take, in milliseconds. */
export async function dockerReading(input: string, limit: number, ...args: readonly string[]): Promise<string> {
  const running = promisify(execFile)("docker", args, { maxBuffer: 2 ** 26, timeout: limit });
  // Where it ends before it has read everything, what it said is the error.
  running.child.stdin?.on("error", () => undefined);
  running.child.stdin?.end(input);
  return (await running).stdout.trim();
}

/** The same for what it prints as a list. */
export async function dockerLines(...args: readonly string[]): Promise<string[]> {
  return lines(await docker(...args));
}

/** What the CLI prints as a list. */
export function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
