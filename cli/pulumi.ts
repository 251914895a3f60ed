import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { OperatorError } from "./operatorError.ts";

/** Bytes of output. A tenant takes 15 kB of an exported state. */
const mostOutput = 2 ** 30;

/** The folder of Pulumi.yaml: the checkout, or where PGTENANTS_PROJECT says. */
export function projectFolder(): string {
  return process.env["PGTENANTS_PROJECT"] ?? fileURLToPath(new URL("..", import.meta.url));
}

/**
 * What the Pulumi CLI printed on standard output; its standard error is shown only as part of an error.
 * @throws OperatorError when the CLI is not there or fails.
 */
export function pulumi(...args: readonly string[]): string {
  return pulumiReading("", ...args);
}

/** The same with something on standard input, where secrets go. */
export function pulumiReading(input: string, ...args: readonly string[]): string {
  try {
    return execFileSync("pulumi", args, { encoding: "utf8", maxBuffer: mostOutput, input, stdio: "pipe" });
  } catch (error) {
    throw failureOf(error);
  }
}

/** Never holds standard output, which may be secret. */
function failureOf(error: unknown): OperatorError {
  if (!(error instanceof Error)) return new OperatorError(String(error), "run: make shell");
  if ("code" in error && error.code === "ENOENT") {
    return new OperatorError("pulumi was not found", "make shell, and run it again there");
  }
  const said = reasonIn("stderr" in error ? String(error.stderr) : "");
  return new OperatorError(`pulumi: ${said === "" ? "ended without a word" : said}`, fixOf(said));
}

function fixOf(said: string): string {
  if (said.includes("failed to load checkpoint")) return "./pgt recover puts back the state's last copy";
  if (said.includes("no stack named")) {
    return "take one of: pulumi stack ls (in make shell), or make up, which makes the stack dev; if its state was lost: ./pgt recover";
  }
  return "mend that and run it again; make shell has the environment that pulumi needs";
}

/** What the CLI says after `error:`, in one line; warnings and progress stand before it. */
function reasonIn(stderr: string): string {
  const from = stderr.search(/^error: /m);
  return stderr
    .slice(Math.max(from, 0))
    .replace(/^error: /, "")
    .trim()
    .replace(/\s*\n\s*/g, " ");
}
