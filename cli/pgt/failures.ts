import { EditError } from "../../tenants/edit.ts";
import { TenantsFileError } from "../../tenants/issues.ts";
import { OperatorError } from "../operatorError.ts";

/** How pgt ends: see docs/pgt.md. */
export const exitCodes = { ok: 0, refused: 1, failed: 2, interrupted: 130 } as const;

type Ending = Exclude<keyof typeof exitCodes, "ok">;

/** A deployment that did not get to its end. */
export class DeploymentError extends OperatorError {
  readonly ending: Ending;
  /** Whether anything was changed before. */
  readonly changed: boolean;

  constructor(message: string, fix: string, ending: Ending, changed: boolean) {
    super(message, fix);
    this.ending = ending;
    this.changed = changed;
  }
}

/** What could not be asked is down, for whoever watches the exit code. */
export class HealthError extends OperatorError {}

export function exitCodeOf(error: OperatorError): number {
  if (error instanceof HealthError) return exitCodes.failed;
  return exitCodes[error instanceof DeploymentError ? error.ending : "refused"];
}

/** An error of the tenants file as one for the operator; anything else as it is. */
export function forOperator(error: unknown): unknown {
  if (error instanceof EditError) return new OperatorError(error.message, error.fix);
  if (error instanceof TenantsFileError) {
    return new OperatorError(error.message, "the lines above say what to write; nothing was changed");
  }
  return error;
}
