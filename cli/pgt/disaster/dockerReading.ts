import { execFileSync } from "node:child_process";
import { messageOf, OperatorError } from "../../operatorError.ts";

/** What a command of the Docker CLI prints that reads standard input, where secrets go. @throws OperatorError with what it said. */
export function dockerReading(input: string, args: readonly string[]): string {
  try {
    return execFileSync("docker", args, { input, encoding: "utf8", stdio: "pipe", maxBuffer: 2 ** 30 });
  } catch (error) {
    const streams =
      error instanceof Error && "stderr" in error && "stdout" in error ? [error.stderr, error.stdout] : [];
    const said = streams.map((text) => String(text).trim()).find((text) => text !== "") ?? messageOf(error);
    throw new OperatorError(said.replaceAll(/\s*\n\s*/g, "; "), "mend that and run it again; it goes on from here");
  }
}
