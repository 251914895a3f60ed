import { hostname } from "node:os";
import { OperatorError } from "./operatorError.ts";

/** What says who holds something. */
export interface Lock {
  readonly pid: number;
  readonly hostname: string;
}

/** A lock whose process is gone on this machine. One of another machine is never stale to us: nobody here can know. */
export function isStale(lock: Lock, here = hostname(), alive = isAlive): boolean {
  return lock.hostname === here && !alive(lock.pid);
}

/** @throws OperatorError when one of a stack's locks is held by a deployment that may be under way. */
export function refuseHeld(stack: string, locks: readonly Lock[]): void {
  const held = locks.find((lock) => !isStale(lock));
  if (held === undefined) return;
  throw new OperatorError(
    `stack ${stack} is being deployed by process ${held.pid} on ${held.hostname}`,
    "wait until it ends; if you know that it is dead: pulumi cancel",
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
