import type { StackState } from "../components/stackState.ts";
import { rotatedPasswords } from "./protection.ts";
import { pulumi } from "./pulumi.ts";
import { readState } from "./state.ts";

/**
 * Protects again the passwords that a rotation left unprotected; tenants run on. The program itself does so with the next deployment only,
 * and a destroy before it would delete them. Does nothing where there are none.
 * @returns the state as it is then.
 * @throws OperatorError when the state cannot be read, or when it is to be written while a deployment holds the stack.
 */
export function protectRotated(project: string, stack: string): StackState {
  const state = readState(project, stack);
  const rotated = rotatedPasswords(state);
  if (rotated.length === 0) return state;
  pulumi("--cwd", project, "--non-interactive", "state", "protect", "--yes", "--stack", stack, ...rotated);
  return readState(project, stack);
}
