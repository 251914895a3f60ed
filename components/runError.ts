import * as pulumi from "@pulumi/pulumi";

/**
 * An error that is the operator's to mend: Pulumi prints its message alone.
 *
 * It carries no stack frames. Pulumi's runner maps those of its own files to paths that do not exist, and Node.js 22 then takes 15 s to
 * format the error before a word of it is printed.
 */
export function runError(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  error.stack = `RunError: ${message}`;
  return error;
}

/** Runs a plain function whose errors are the operator's to mend; see {@link runError}. */
export function orRunError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw runError(error instanceof Error ? error.message : String(error));
  }
}
