import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { isStale } from "../locks.ts";
import { messageOf, OperatorError } from "../operatorError.ts";

const holder = z.object({ pid: z.number(), hostname: z.string(), command: z.string(), since: z.string() });

/**
 * Keeps a second pgt from editing the file while one edits and deploys it: the first would deploy half of what the second has written, and
 * each would undo the other's edit. Let go of at the end of the process at the latest; one that a dead process left is taken over.
 * @param command what holds it, for the message. @returns lets go of it. @throws OperatorError that says who holds it.
 */
export function lockFile(file: string, command: string): () => void {
  const lock = join(dirname(file), `.${basename(file)}.lock`);
  const part = `${lock}.${process.pid}`;
  const own = JSON.stringify({ pid: process.pid, hostname: hostname(), command, since: new Date().toISOString() });
  try {
    writeFileSync(part, own);
    take(lock, part);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      `${file} cannot be locked: ${messageOf(error)}`,
      "make its folder writable, or correct the setting tenantsFile",
    );
  } finally {
    rmSync(part, { force: true });
  }
  const release = () => {
    process.off("exit", release);
    // Whoever took it away by hand, as the message allows, may have let somebody else in.
    if (existsSync(lock) && readFileSync(lock, "utf8") === own) rmSync(lock, { force: true });
  };
  process.on("exit", release);
  return release;
}

/** A link is made whole or not at all, and never over another. */
function take(lock: string, part: string): void {
  while (!linked(part, lock)) {
    const held = readHolder(lock);
    if (held === undefined) continue;
    if (!isStale(held)) throw atWork(held, lock);
    takeOver(lock, part, held);
    return;
  }
}

/**
 * Puts `part` in the place of a dead process's lock. Two that find the same one must not both do so: the second would replace the first's. So
 * whoever replaces it holds a lock for that, and looks again whether it is still the dead one's.
 */
function takeOver(lock: string, part: string, dead: Holder): void {
  const right = `${lock}.takeover`;
  if (!linked(part, right)) {
    throw new OperatorError(
      `the lock of process ${dead.pid}, which is dead, is being taken over by another pgt`,
      `try again; if that one is dead too, remove ${right}`,
    );
  }
  try {
    const now = readHolder(lock);
    if (now !== undefined && !isStale(now)) throw atWork(now, lock);
    renameSync(part, lock);
  } finally {
    rmSync(right);
  }
}

/** False where there is such a file already. */
function linked(part: string, name: string): boolean {
  try {
    linkSync(part, name);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

type Holder = z.infer<typeof holder>;

/** Who holds a lock; undefined where it has just been let go of. */
function readHolder(lock: string): Holder | undefined {
  let text: string;
  try {
    text = readFileSync(lock, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    return holder.parse(JSON.parse(text));
  } catch {
    throw new OperatorError(`the lock ${lock} cannot be read`, "remove it if no other pgt is at work on this file");
  }
}

function atWork({ command, pid, hostname, since }: Holder, lock: string): OperatorError {
  return new OperatorError(
    `"${command}" is at work on this file: process ${pid} on ${hostname}, since ${since}`,
    `wait until it ends; if you know that it is dead, remove ${lock}`,
  );
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
