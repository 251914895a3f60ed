import { readFileSync } from "node:fs";
import { parseStackState, type StackState, type StateResource } from "../components/stackState.ts";
import { dropCutAttributes, type FileBackend, fileBackend, isJson, type StateCopy } from "./fileBackend.ts";
import { refuseHeld } from "./locks.ts";
import { OperatorError } from "./operatorError.ts";
import { pulumi } from "./pulumi.ts";

/** What a stack has made. @param project the folder of Pulumi.yaml. @throws OperatorError when the CLI is not there or cannot read it. */
export function readState(project: string, stack: string): StackState {
  return parseStackState(pulumi("--cwd", project, "stack", "export", "--stack", stack));
}

/** A stack's state, or what is left of it. */
export interface FoundState {
  /** Undefined where it is lost: the backend does not know the stack, or the file is no state. */
  readonly state: StackState | undefined;
  /** What the file backend has; undefined for other backends, which keep versions of their own. */
  readonly backend: FileBackend | undefined;
  /** What a lost state can be put back from. */
  readonly copy: StateCopy | undefined;
}

/**
 * The state, wherever it can be had. @throws OperatorError when a deployment is under way, and for any other reason than a lost state why
 * it cannot be.
 */
export function findState(project: string, stack: string): FoundState {
  const backend = fileBackend(project, stack);
  if (backend !== undefined) {
    refuseHeld(stack, backend.locks);
    dropCutAttributes(backend);
  }
  const found = { backend, copy: newestUsable(backend?.copies ?? []) };
  try {
    return { ...found, state: readState(project, stack) };
  } catch (error) {
    const unknown = error instanceof OperatorError && error.message.includes("no stack named");
    if (unknown || (backend !== undefined && !isJson(backend.stateFile))) return { ...found, state: undefined };
    throw error;
  }
}

/**
 * The newest copy that is whole: after a deployment it is the state itself, else the one before its last write. Undefined where that one is
 * empty: then everything was destroyed, and older copies tell of what is no more.
 */
export function newestUsable(copies: readonly StateCopy[]): StateCopy | undefined {
  const newestFirst = copies.toSorted((one, other) => other.written.getTime() - one.written.getTime());
  for (const copy of newestFirst) {
    const resources = resourcesIn(copy.file);
    if (resources !== undefined) return resources.length > 0 ? copy : undefined;
  }
  return undefined;
}

/**
 * Undefined for what is no state, and for that of a stack that was only begun, or whose first deployment was refused, which leaves the stack
 * itself: nothing was deployed into it that could be gone. One that was stopped has volumes and passwords, and no name any more.
 */
function resourcesIn(file: string): readonly StateResource[] | undefined {
  try {
    // Around what `pulumi stack export` prints a file of the backend has another frame.
    const { checkpoint } = JSON.parse(readFileSync(file, "utf8"));
    const { resources } = parseStackState(JSON.stringify({ deployment: checkpoint.latest }));
    const refused = resources.length > 0 && resources.every(({ type }) => type.startsWith("pulumi:"));
    return refused ? undefined : resources;
  } catch {
    return undefined;
  }
}
