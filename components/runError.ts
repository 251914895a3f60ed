import * as pulumi from "@pulumi/pulumi";

/** Runs a plain function whose errors are the operator's to mend: Pulumi then prints the message alone, without a stack trace. */
export function orRunError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new pulumi.RunError(error instanceof Error ? error.message : String(error));
  }
}
