import { findPsql, forTerminal } from "../../psql.ts";
import { writeConnectionFiles } from "../../writeConnectionFiles.ts";
import type { Context } from "../context.ts";
import { deployed, readOutputs } from "../outputs.ts";
import { runInTerminal } from "../terminal.ts";

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
  const [command = "psql", ...leading] = forTerminal(found, process.stdin.isTTY === true);
  const env = { ...process.env, PGSERVICEFILE: serviceFile };
  return runInTerminal(command, [...leading, `--dbname=service=${id}`, ...args], env);
}
