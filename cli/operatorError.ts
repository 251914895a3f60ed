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

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
