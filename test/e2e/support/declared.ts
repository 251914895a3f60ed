import { createHash } from "node:crypto";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import type { ConnectionStrings } from "../../../components/connectionStrings.ts";
import type { TenantConnections } from "../../../components/tenantConnections.ts";
import { nodeClient } from "./clients.ts";
import { outputOf } from "./shell.ts";
import { makeTestStack, type TestStack } from "./testStack.ts";

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

/** A further database with something in it, and a role that may do what the tenant's own may. */
export const analytics = "databases: [{ name: analytics, schemas: [{ name: mart }], extensions: [{ name: vector }] }]";
export const app = "roles: [{ name: app, inRoles: [acme] }]";

/** A stack of one tenant that declares {@link analytics} and {@link app}. */
export interface DeclaredStack {
  readonly at: TestStack;
  /** Writes the tenant's entry: lines of YAML below its id. */
  readonly list: (...fields: readonly string[]) => void;
  /** Adds another tenant's entry. */
  readonly add: (...fields: readonly string[]) => void;
  /** A statement of the superuser's. */
  readonly sql: (statement: string, database?: string) => Promise<string>;
  /** Deploys; gives what it printed, and the kinds of changes that it made. */
  readonly up: () => Promise<{ readonly stdout: string; readonly kinds: readonly string[] }>;
  /** Why a deployment failed. */
  readonly refused: () => Promise<string>;
  readonly stringsOfApp: () => Promise<ConnectionStrings>;
  readonly remove: () => Promise<void>;
}

/** Makes that stack, with a row in `mart.items`. It is protected, as one that somebody depends on. */
export async function makeDeclaredStack(prefix: string): Promise<DeclaredStack> {
  const at = await makeTestStack([], { deletionProtection: "true" }, prefix);
  const list = (...fields: readonly string[]) => {
    const lines = fields.map((field) => `    ${field}\n`).join("");
    writeFileSync(join(at.folder, "tenants.yaml"), `tenants:\n  - id: acme\n${lines}`);
  };
  const remove = async () => {
    try {
      await at.stack.setConfig("pgtenants:deletionProtection", { value: "false" });
      await at.stack.up();
    } finally {
      await at.remove();
    }
  };
  try {
    list(analytics, app);
    await at.stack.up();
    await superuser(at, "acme", "CREATE TABLE mart.items AS SELECT 1 AS id", "analytics");
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    at,
    list,
    add: (first = "", ...fields) =>
      appendFileSync(
        join(at.folder, "tenants.yaml"),
        `  - ${first}\n${fields.map((field) => `    ${field}\n`).join("")}`,
      ),
    sql: (statement, database) => superuser(at, "acme", statement, database),
    up: async () => {
      const { stdout, summary } = await at.stack.up();
      return { stdout, kinds: Object.keys(summary.resourceChanges ?? {}).filter((kind) => kind !== "same") };
    },
    refused: () =>
      at.stack.up().then(
        () => Promise.reject(new Error("the deployment was expected to fail")),
        (error) => String(error),
      ),
    stringsOfApp: async () => {
      const strings = rolesOf(await at.connectionStrings(), "acme")["app"];
      if (strings === undefined) throw new Error("no connection strings for app");
      return strings;
    },
    remove,
  };
}

/** As whom a URI logs in. */
export async function whoIs(uri: string): Promise<unknown> {
  const client = await nodeClient(uri);
  try {
    return (await client.query("SELECT current_user AS name")).rows[0]?.name;
  } finally {
    await client.end();
  }
}

/** Waits until the server ends a session; node-postgres says so more than once. */
export function endOf(session: pg.Client): Promise<unknown> {
  return new Promise((resolve) => session.on("error", resolve));
}
