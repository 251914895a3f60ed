import { superuserArguments } from "../../../components/superuserSession.ts";
import { OperatorError } from "../../operatorError.ts";
import { findPsql, forTerminal } from "../../psql.ts";
import { writeConnectionFiles } from "../../writeConnectionFiles.ts";
import type { Context } from "../context.ts";
import { containersOf } from "../engine.ts";
import { deployed, readOutputs } from "../outputs.ts";
import { serverNamed } from "../tenants.ts";
import { atTerminal, runInTerminal } from "../terminal.ts";

/** psql as the tenant, through the router, with the certificate verified in full. @returns psql's exit code. */
export async function psql(context: Context, id: string, args: readonly string[]): Promise<number> {
  const outputs = readOutputs(context);
  deployed(context, outputs.tenants, id);
  const { serviceFile } = writeConnectionFiles(context.stack, outputs);
  const found = await findPsql(
    serviceFile,
    typeof outputs.caCertificate === "string",
    context.config.get("postgresImage"),
  );
  const [command = "psql", ...leading] = forTerminal(found, atTerminal());
  const env = { ...process.env, PGSERVICEFILE: serviceFile };
  return runInTerminal(command, [...leading, `--dbname=service=${id}`, ...args], env);
}

/**
 * psql as the superuser, inside the container of a server, in database postgres where nothing else is asked for. Its session begins as those of the program
 * do: what a tenant set for its databases does not count, and a name without its schema is PostgreSQL's own. What is created without one is refused, or it
 * would land among PostgreSQL's own, which pg_dump leaves out. @returns psql's exit code. @throws OperatorError where no such server runs.
 */
export async function psqlAsSuperuser(
  { config, stack }: Context,
  id: string,
  args: readonly string[],
): Promise<number> {
  const container = config.names.tenant(id);
  const found = containersOf(stack).get(container);
  // A connection pool's container is named like that of a tenant "<id>_pooler", and holds no server.
  const state = found?.tenant === undefined ? undefined : found.state;
  if (state !== "running") {
    // Says whom to ask for instead, of one that is not in the file or has no server of its own. A server that is kept of a move is in neither.
    serverNamed(config, id);
    throw new OperatorError(
      `the container ${container} is ${state ?? "not there"}, expected it running`,
      `pgt start ${id}`,
    );
  }
  const terminal = atTerminal() ? ["--tty"] : [];
  // The home folder is the tenant's volume.
  const session = [...superuserArguments({ search_path: "" }), "--env=PSQL_HISTORY=/dev/null"];
  return runInTerminal(
    "docker",
    ["exec", "--interactive", ...terminal, ...session, container, "psql", "--no-psqlrc", ...args],
    process.env,
  );
}
