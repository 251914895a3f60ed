import { spawnSync } from "node:child_process";
import { escaped } from "../../../tenants/text.ts";
import { messageOf, OperatorError } from "../../operatorError.ts";
import type { Context } from "../context.ts";
import { type Preview, parsePreview } from "./preview.ts";

/** Bytes of output: some 30 kB for each tenant that changes. */
const mostOutput = 2 ** 28;

/**
 * What a deployment would do, as Pulumi says it; changes nothing. A preview that the program or the engine refuses has `errors`.
 * @param settingsFile in place of the stack's own.
 * @throws OperatorError when the CLI is not there, or prints something of another form.
 */
export function runPreview({ config, stack }: Context, settingsFile?: string): Preview {
  const settings = settingsFile === undefined ? [] : ["--config-file", settingsFile];
  const args = ["--cwd", config.folder, "preview", "--json", "--non-interactive", "--stack", stack, ...settings];
  // With it the CLI prints events as they come, in another form.
  const { PULUMI_ENABLE_STREAMING_JSON_PREVIEW: _, ...env } = process.env;
  const { stdout, stderr, status, error } = spawnSync("pulumi", args, { encoding: "utf8", maxBuffer: mostOutput, env });
  if (error !== undefined) {
    const missing = "code" in error && error.code === "ENOENT";
    throw missing
      ? new OperatorError("pulumi was not found", "make shell, and run it again there")
      : new OperatorError(`pulumi: ${error.message}`, "run it again");
  }
  // What goes wrong before the program runs, such as a wrong passphrase, is said on standard error alone.
  if (status !== 0 && stdout.trim() === "") return { ...nothing, errors: saidIn(stderr) };
  const preview = parse(stdout);
  return status === 0 || preview.errors.length > 0 ? preview : { ...preview, errors: saidIn(stderr) };
}

const nothing: Preview = { config: {}, steps: [], errors: [], warnings: [], outputs: {} };

function parse(json: string): Preview {
  try {
    return parsePreview(json);
  } catch (error) {
    throw new OperatorError(messageOf(error), "use the version of Pulumi that set-up gets: make shell");
  }
}

function saidIn(stderr: string): string[] {
  const lines = stderr
    .split("\n")
    .map((line) => escaped(line.replace(/^error: /, "").trim()))
    .filter((line) => line !== "");
  return lines.length > 0 ? lines : ["pulumi preview ended without a word"];
}
