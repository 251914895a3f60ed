import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import type { Lock } from "./locks.ts";

const projectFile = z.object({ name: z.string(), backend: z.object({ url: z.string().optional() }).optional() });
const credentials = z.object({ current: z.string().optional() });

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

/** @param project the folder of Pulumi.yaml. @returns undefined for another backend, whose files nobody here can read. */
export function fileBackend(project: string, stack: string): FileBackend | undefined {
  const { name, backend } = projectFile.parse(parse(readFileSync(join(project, "Pulumi.yaml"), "utf8")));
  // In this order the CLI itself looks for it.
  const url = process.env["PULUMI_BACKEND_URL"] ?? backend?.url ?? loggedInTo() ?? "";
  if (!url.startsWith("file://")) return undefined;
  const root = join(folderOf(url), ".pulumi");
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

/** What `pulumi login` wrote down; undefined where nobody logged in. */
function loggedInTo(): string | undefined {
  const file = join(process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi"), "credentials.json");
  return existsSync(file) ? credentials.parse(JSON.parse(readFileSync(file, "utf8"))).current : undefined;
}

/** `file://~` is the home folder, as `pulumi login --local` writes it; options behind a question mark are the CLI's. */
function folderOf(url: string): string {
  const [path = ""] = url.slice("file://".length).split("?");
  return path.startsWith("~") ? join(homedir(), path.slice(1)) : resolve(decodeURIComponent(path));
}

/**
 * Takes away what keeps a whole state from being read: beside each file the backend writes down its type and checksum, without a rename, so
 * that a deployment that was killed leaves that empty ("failed to load checkpoint: EOF"). The file is read without it as well.
 */
export function dropCutAttributes({ stateFile }: FileBackend): void {
  for (const attributes of [`${stateFile}.attrs`, `${stateFile}.bak.attrs`]) {
    if (existsSync(attributes) && !isJson(attributes)) rmSync(attributes);
  }
}

/** Whether a file holds JSON, whole. */
export function isJson(file: string): boolean {
  try {
    JSON.parse(readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}

function jsonIn(folder: string): string[] {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return files.filter((file) => file.endsWith(".json")).map((file) => join(folder, file));
}
