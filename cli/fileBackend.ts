import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { Lock } from "./locks.ts";

/** What Pulumi's file backend keeps of one stack. */
export interface FileBackend {
  /** The state; absolute, whether it is there or not. */
  readonly stateFile: string;
  /** Copies of the state: of the one before its last write, and of the one that each deployment ended with. */
  readonly copies: readonly StateCopy[];
  /** Of deployments. The backend never lets go of a killed one's by itself. */
  readonly locks: readonly Lock[];
}

export interface StateCopy {
  readonly file: string;
  readonly written: Date;
}

/** @param project the folder of Pulumi.yaml. @returns undefined for another backend, whose locks are left to `pulumi cancel`. */
export function fileBackend(project: string, stack: string): FileBackend | undefined {
  const backend = process.env["PULUMI_BACKEND_URL"] ?? "";
  if (!backend.startsWith("file://")) return undefined;
  const name = String(parse(readFileSync(join(project, "Pulumi.yaml"), "utf8")).name);
  const root = join(fileURLToPath(backend), ".pulumi");
  const stateFile = join(root, "stacks", name, `${stack}.json`);
  const before = `${stateFile}.bak`;
  const copies = [...(existsSync(before) ? [before] : []), ...jsonIn(join(root, "backups", name, stack))];
  const locks = jsonIn(join(root, "locks", "organization", name, stack));
  return {
    stateFile,
    copies: copies.map((file) => ({ file, written: statSync(file).mtime })),
    locks: locks.map((file): Lock => JSON.parse(readFileSync(file, "utf8"))),
  };
}

function jsonIn(folder: string): string[] {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return files.filter((file) => file.endsWith(".json")).map((file) => join(folder, file));
}
