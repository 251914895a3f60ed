import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { Lock } from "./leftovers.ts";

/**
 * The locks of deployments in a file backend, which never lets go of a killed one's by itself; none for other backends, which are left to
 * `pulumi cancel`. @param project the folder of Pulumi.yaml.
 */
export function readLocks(project: string, stack: string): Lock[] {
  const backend = process.env["PULUMI_BACKEND_URL"] ?? "";
  if (!backend.startsWith("file://")) return [];
  const name = String(parse(readFileSync(join(project, "Pulumi.yaml"), "utf8")).name);
  const folder = join(fileURLToPath(backend), ".pulumi", "locks", "organization", name, stack);
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".json")) : [];
  return files.map((file): Lock => JSON.parse(readFileSync(join(folder, file), "utf8")));
}

/** Whether a process of this machine lives. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
