import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from "node:fs";
import { messageOf, OperatorError } from "../../operatorError.ts";
import type { Context } from "../context.ts";
import { anyNamed, isOnInstance } from "../tenants.ts";
import { runInTerminal } from "../terminal.ts";
import { runningContainer } from "./backup.ts";

/** What `pgt dump` takes. */
export interface DumpOptions {
  /** Undefined: standard output. */
  readonly file?: string;
  readonly format: "custom" | "plain";
  readonly schemaOnly?: boolean;
  /** Replaces a file that is there. */
  readonly force?: boolean;
}

/**
 * What is left out has no meaning elsewhere: one role owns everything, other roles are this server's own, and a tenant replicates to nobody.
 * So whoever restores it, owns it.
 */
const leftOut = [
  "--no-owner",
  "--no-privileges",
  "--no-publications",
  "--no-subscriptions",
  "--no-security-labels",
  "--no-tablespaces",
];

/**
 * Dumps a tenant's database with the server's own pg_dump, as of one moment. A file is there whole or not at all, and only its owner can read it.
 * @returns pg_dump's exit code. @throws OperatorError where the file is there already, or cannot be written.
 */
export async function dump(context: Context, id: string, options: DumpOptions): Promise<number> {
  const { file, format, schemaOnly = false, force = false } = options;
  const tenant = anyNamed(context.config, id);
  const { database } = tenant;
  const container = runningContainer(context, isOnInstance(tenant) ? tenant.instance : id);
  const only = [
    ...(schemaOnly ? ["--schema-only"] : []),
    ...(isOnInstance(tenant) && tenant.isolation === "schema" ? [`--schema=${tenant.owner}`] : []),
  ];
  const command = ["exec", container, "pg_dump", `--format=${format}`, ...leftOut, ...only, `--dbname=${database}`];
  if (file === undefined) {
    if (process.stdout.isTTY && format === "custom") {
      throw new OperatorError("got a terminal for a dump that nobody can read", `pgt dump ${id} --file ${id}.dump`);
    }
    return runInTerminal("docker", command, process.env);
  }
  if (existsSync(file) && !force) throw taken(file);
  const code = await intoFile(file, force, (output) => runInTerminal("docker", command, process.env, output));
  if (code === 0) {
    context.report({
      event: "note",
      message: `${file}: the database of ${id}; as a new tenant: pgt import <new-id> --from ${file}`,
    });
  }
  return code;
}

function taken(file: string): OperatorError {
  return new OperatorError(`${file} is there already; it was left as it is`, "another --file, or --force");
}

/** Writes beside the file, which gets its name when all is there. */
async function intoFile(file: string, force: boolean, write: (output: number) => Promise<number>): Promise<number> {
  const part = `${file}.${process.pid}.part`;
  try {
    const output = openSync(part, "wx", 0o600);
    try {
      const code = await write(output);
      if (code !== 0) return code;
      fsyncSync(output);
    } finally {
      closeSync(output);
    }
    // A link, unlike a rename, takes nobody's place.
    if (force) renameSync(part, file);
    else linkSync(part, file);
    return 0;
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    if (error instanceof Error && "code" in error && error.code === "EEXIST") throw taken(file);
    throw new OperatorError(`${file} cannot be written: ${messageOf(error)}`, "take another --file");
  } finally {
    rmSync(part, { force: true });
  }
}
