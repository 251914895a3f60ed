import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  const own = { pid: process.pid, hostname: hostname(), command, since: new Date().toISOString() };
  try {
    writeFileSync(part, JSON.stringify(own));
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
    rmSync(lock, { force: true });
  };
  process.on("exit", release);
  return release;
}

/** A link is made whole or not at all, and never over another. */
function take(lock: string, part: string): void {
  try {
    linkSync(part, lock);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    const held = holder.parse(JSON.parse(readFileSync(lock, "utf8")));
    if (!isStale(held)) {
      throw new OperatorError(
        `"${held.command}" is at work on this file: process ${held.pid} on ${held.hostname}, since ${held.since}`,
        `wait until it ends; if you know that it is dead, remove ${lock}`,
      );
    }
    rmSync(lock);
    linkSync(part, lock);
  }
}
