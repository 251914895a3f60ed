/** Something that the operator can mend. It is shown as what is wrong and how to mend it, without stack frames. */
export class OperatorError extends Error {
  override readonly name = "OperatorError";
  /** A command or an instruction. */
  readonly fix: string;

  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}

/**
 * Runs a command's body. An {@link OperatorError} becomes the lines `error:` and `fix:` on standard error and exit code 1; anything else
 * is a fault of ours and keeps its frames.
 */
export async function reportErrors(body: () => void | Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    console.error(`error: ${error.message}\n  fix: ${error.fix}`);
    process.exitCode = 1;
  }
}

/**
 * What a command said that failed: its errors, or else what it printed, since `docker exec` passes the runtime's word on that way, or else
 * why it did not run.
 */
export function saidBy(error: unknown): string {
  const streams = error instanceof Error && "stderr" in error && "stdout" in error ? [error.stderr, error.stdout] : [];
  return streams.map((text) => String(text).trim()).find((text) => text !== "") ?? messageOf(error);
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
