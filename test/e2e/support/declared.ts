import { createHash } from "node:crypto";
import type { ConnectionStrings } from "../../../components/connectionStrings.ts";
import type { TenantConnections } from "../../../components/tenantConnections.ts";
import { outputOf } from "./shell.ts";
import type { TestStack } from "./testStack.ts";

/** Today, as a confirmation has it. */
export const today = new Date().toISOString().slice(0, 10);

/** A statement of the superuser's in a tenant's server; gives what it printed. */
export function superuser(at: TestStack, id: string, statement: string, database = "postgres"): Promise<string> {
  const psql = [
    "psql",
    "--no-psqlrc",
    "-qAt",
    "--set=ON_ERROR_STOP=1",
    `--dbname=${database}`,
    `--command=${statement}`,
  ];
  return outputOf("docker", ["exec", at.container(id), ...psql]);
}

/** The strings of a tenant's declared roles. */
export function rolesOf(
  all: Record<string, TenantConnections>,
  id: string,
): Readonly<Record<string, ConnectionStrings>> {
  return all[id]?.roles ?? {};
}

/** The catalogs that a deployment could have written to; inside of databases the versions of their rows, too: nothing is to be written again there. */
const catalogs = {
  shared: ["pg_authid", "pg_auth_members", "pg_database", "pg_db_role_setting", "pg_shdescription", "pg_parameter_acl"],
  own: [
    "pg_namespace",
    "pg_extension",
    "pg_class",
    "pg_default_acl",
    "pg_proc",
    "pg_largeobject_metadata",
    "pg_description",
  ],
};

/** Names all that is in the catalogs of a tenant's server. */
export async function catalogDigest(at: TestStack, id: string, databases: readonly string[]): Promise<string> {
  const digest = createHash("sha256");
  const rows = (table: string, version: string) =>
    `SELECT md5(coalesce(string_agg(one, '' ORDER BY one), '')) FROM (SELECT format('%s %s', ${version}, ${table}::text) AS one FROM ${table}) AS rows`;
  for (const database of ["postgres", ...databases]) {
    const tables = database === "postgres" ? catalogs.shared : catalogs.own;
    const version = database === "postgres" ? "''" : "xmin";
    const all = tables.map((table) => rows(table, version)).join(" UNION ALL ");
    digest.update(await superuser(at, id, all, database));
  }
  return digest.digest("hex");
}
