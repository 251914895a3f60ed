import { existsSync } from "node:fs";
import { join } from "node:path";
import { startChild } from "./program.mts";

const managers = ["npm", "yarn", "pnpm", "bun"];

/**
 * Installs the npm packages of the program in `folder` with the package manager of its `packagemanager` option, npm by
 * default: `npm ci` where a lock file and no node_modules exist, so that the lock is what is installed; else `install`, which
 * keeps what is there. Output goes to `write` as it comes. @throws Error if the manager is unknown, missing, or fails.
 */
export function installPackages(
  folder: string,
  option: unknown,
  write: (stream: "stdout" | "stderr", data: Uint8Array) => void,
): Promise<void> {
  const manager = option === undefined || option === "" || option === "auto" ? "npm" : option;
  if (typeof manager !== "string" || !managers.includes(manager)) {
    return Promise.reject(
      new Error(`packagemanager: got ${JSON.stringify(option)}, expected one of ${managers.join(", ")}`),
    );
  }
  const clean =
    manager === "npm" && existsSync(join(folder, "package-lock.json")) && !existsSync(join(folder, "node_modules"));
  const child = startChild(manager, [clean ? "ci" : "install"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout?.on("data", (data: Uint8Array) => write("stdout", data));
  child.stderr?.on("data", (data: Uint8Array) => write("stderr", data));
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Error(`cannot start ${manager}: ${error.message}`)));
    child.once("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${manager} in ${folder} ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}
