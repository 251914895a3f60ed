import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

const setup = fileURLToPath(new URL("../../../toolchain/setup", import.meta.url));

/** What a script ended with, and all that it printed. */
export interface Ended {
  readonly status: number;
  readonly output: string;
}

/**
 * Runs a script after sourcing files of set-up, or others by their absolute paths. Of this environment it has PATH alone; HOME, state and
 * cache are in `folder`.
 */
export async function bash(
  folder: string,
  files: readonly string[],
  script: string,
  args: readonly string[] = [],
  environment: Record<string, string> = {},
): Promise<Ended> {
  const env = {
    PATH: process.env["PATH"],
    HOME: folder,
    PGTENANTS_STATE: join(folder, "state"),
    PGTENANTS_CACHE: join(folder, "cache"),
    ...environment,
  };
  const sources = files.map((file) => `source "${resolve(setup, file)}";`).join(" ");
  try {
    const command = ["-c", `set -euo pipefail; ${sources} ${script}`, "bash", ...args];
    const { stdout, stderr } = await run("bash", command, { env, cwd: folder });
    return { status: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, output: stdout + stderr };
  }
}
