import { spawn } from "node:child_process";
import { once } from "node:events";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { nodeClient, stringsOf } from "./support/clients.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;
let client: pg.Client;
let superuser: string;

beforeAll(async () => {
  at = await makeTestStack(["acme"]);
  await at.stack.up();
  client = await nodeClient(await uri());
  superuser = await outputOf("docker", [...asSuperuser(), "SELECT current_user"]);
});
afterAll(async () => {
  await client?.end();
  await at?.remove();
});

/** Arguments for the engine's client; a statement follows. */
const asSuperuser = () => ["exec", at.container("acme"), "psql", "-qAtc"];

const uri = async () => stringsOf(await at.connectionStrings(), "acme").nodePostgres;

/** SQLSTATEs (PostgreSQL's appendix A). */
const insufficientPrivilege = "42501";
const undefinedFile = "58P01";
const featureNotSupported = "0A000";

/** The SQLSTATE that a statement of the tenant's is refused with; undefined where it is carried out. */
async function refusal(sql: string): Promise<string | undefined> {
  try {
    await client.query(sql.replaceAll(":superuser", pg.escapeIdentifier(superuser)));
    return undefined;
  } catch (error) {
    if (error instanceof pg.DatabaseError) return error.code;
    throw error;
  }
}

test("the tenant's role can work in its own database", async () => {
  expect(await refusal("CREATE TABLE kept (id int PRIMARY KEY); INSERT INTO kept VALUES (1); DROP TABLE kept")).toBe(
    undefined,
  );
  expect(await refusal("CREATE EXTENSION pgcrypto; DROP EXTENSION pgcrypto")).toBe(undefined);
  expect(await refusal("CREATE SCHEMA own; DROP SCHEMA own")).toBe(undefined);
});

describe("the tenant's role is denied", () => {
  test.each([
    // Programs and files of the server.
    ["a program", "COPY (SELECT 1) TO PROGRAM 'id'"],
    ["a program's output", "CREATE TEMP TABLE line (text text); COPY line FROM PROGRAM 'id'"],
    ["writing a file", "COPY (SELECT 1) TO '/tmp/written'"],
    ["reading a file into a table", "CREATE TEMP TABLE line (text text); COPY line FROM '/etc/passwd'"],
    ["pg_read_file", "SELECT pg_read_file('/etc/passwd')"],
    ["pg_read_binary_file", "SELECT pg_read_binary_file('/etc/passwd')"],
    ["pg_stat_file", "SELECT pg_stat_file('/etc/passwd')"],
    ["pg_ls_dir", "SELECT pg_ls_dir('/')"],
    ["pg_ls_logdir", "SELECT pg_ls_logdir()"],
    ["lo_import", "SELECT lo_import('/etc/passwd')"],
    ["lo_export", "SELECT lo_export(lo_from_bytea(0, '\\x00'), '/tmp/exported')"],
    ["a tablespace", "CREATE TABLESPACE another LOCATION '/tmp'"],
    // Code in the server.
    ["a library", "LOAD '/tmp/library.so'"],
    ["a function in C", "CREATE FUNCTION another() RETURNS int LANGUAGE c AS '/tmp/library.so', 'f'"],
    ["an internal function", "CREATE FUNCTION another() RETURNS int LANGUAGE internal AS 'now'"],
    [
      "an event trigger",
      "CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER another ON ddl_command_start EXECUTE FUNCTION watch()",
    ],
    ["preloading a library", "SET session_preload_libraries = '/tmp/library.so'"],
    // Ways to other servers (case 47), and tools for a superuser's hands.
    ...["dblink", "postgres_fdw", "file_fdw", "pageinspect", "pg_surgery", "pg_walinspect"].map(
      (name): [string, string] => [`the extension ${name}`, `CREATE EXTENSION ${name}`],
    ),
    ["a foreign data wrapper", "CREATE FOREIGN DATA WRAPPER another"],
    ["a subscription", "CREATE SUBSCRIPTION another CONNECTION 'host=127.0.0.1' PUBLICATION p"],
    ["publishing every table", "CREATE PUBLICATION another FOR ALL TABLES"],
    ["a replication slot", "SELECT pg_create_physical_replication_slot('another')"],
    // The server itself.
    ["the server's settings", "ALTER SYSTEM SET work_mem = '1GB'"],
    ["another database's settings", "ALTER DATABASE postgres SET work_mem = '1GB'"],
    ["reloading the settings", "SELECT pg_reload_conf()"],
    ["a new log file", "SELECT pg_rotate_logfile()"],
    ["a checkpoint", "CHECKPOINT"],
    ["another WAL file", "SELECT pg_switch_wal()"],
    ["a base backup", "SELECT pg_backup_start('another')"],
    ["hiding what it does from the log", "SET log_statement = 'none'"],
    // Roles.
    ["a superuser of its own", "CREATE ROLE another SUPERUSER"],
    ["another role", "CREATE ROLE another"],
    ["a database of its own", "CREATE DATABASE another"],
    ["making itself a superuser", "ALTER ROLE acme SUPERUSER"],
    ["row security's bypass", "ALTER ROLE acme BYPASSRLS"],
    ["replication", "ALTER ROLE acme REPLICATION"],
    ["more connections", "ALTER ROLE acme CONNECTION LIMIT -1"],
    ["the superuser's role", "SET ROLE :superuser"],
    ["the superuser's session", "SET SESSION AUTHORIZATION :superuser"],
    ["a password for the superuser", "ALTER ROLE :superuser PASSWORD 'known'"],
    ["membership in the superuser's role", "GRANT :superuser TO acme"],
    ["the superuser's objects", "REASSIGN OWNED BY :superuser TO acme"],
    ...["pg_read_server_files", "pg_execute_server_program", "pg_read_all_data", "pg_signal_backend"].map(
      (role): [string, string] => [`the role ${role}`, `GRANT ${role} TO acme`],
    ),
    // What the catalogs know.
    ["the password verifiers", "SELECT rolpassword FROM pg_authid"],
    ["the same by another view", "SELECT passwd FROM pg_shadow"],
    ["the rules of who may log in", "SELECT * FROM pg_hba_file_rules"],
    ["the ident map", "SELECT * FROM pg_ident_file_mappings"],
    ["the settings' files", "SELECT * FROM pg_file_settings"],
    ["changing a catalog", "UPDATE pg_catalog.pg_database SET datallowconn = true"],
    ["the server's memory in the log", "SELECT pg_log_backend_memory_contexts(pg_backend_pid())"],
  ])("%s", async (_, sql) => {
    expect(await refusal(sql)).toBe(insufficientPrivilege);
  });

  test("an untrusted language, which the image does not even have", async () => {
    expect([insufficientPrivilege, undefinedFile, featureNotSupported]).toContain(
      await refusal("CREATE EXTENSION plpython3u"),
    );
  });

  test("ending the superuser's session, or reading what it runs", async () => {
    const operator = spawn("docker", [...asSuperuser(), "SELECT pg_sleep(60), 'of the operator'"], { stdio: "ignore" });
    const ended = once(operator, "close");
    const session = "FROM pg_stat_activity WHERE query LIKE '%of the operator%' AND pid <> pg_backend_pid()";
    try {
      const pid = await vi.waitUntil(() => outputOf("docker", [...asSuperuser(), `SELECT pid ${session}`]), 10_000);
      expect(await refusal(`SELECT pg_terminate_backend(${pid})`)).toBe(insufficientPrivilege);
      expect(await refusal(`SELECT pg_cancel_backend(${pid})`)).toBe(insufficientPrivilege);
      const { rows } = await client.query(`SELECT query FROM pg_stat_activity WHERE pid = ${pid}`);
      expect(rows).toEqual([{ query: "<insufficient privilege>" }]);
    } finally {
      await outputOf("docker", [...asSuperuser(), `SELECT pg_terminate_backend(pid) ${session}`]);
      await ended;
    }
  });
});

test("a tenant cannot enter the databases of the server's operator", async () => {
  for (const database of ["postgres", "template1"]) {
    const other = new URL(await uri());
    other.pathname = `/${database}`;
    await expect(nodeClient(other.href)).rejects.toThrow(`permission denied for database "${database}"`);
  }
});

test("nothing of all this has left a trace: no role, database, extension or setting more", async () => {
  const names = async (sql: string) => (await client.query(sql)).rows.map(({ name }) => name);
  expect(await names("SELECT rolname AS name FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1")).toEqual(
    ["acme", superuser].sort(),
  );
  expect(await names("SELECT datname AS name FROM pg_database WHERE NOT datistemplate ORDER BY 1")).toEqual([
    "acme",
    "postgres",
  ]);
  expect(await names("SELECT extname AS name FROM pg_extension ORDER BY 1")).toEqual(["plpgsql"]);
  const role = "rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls";
  expect((await client.query(`SELECT ${role} AS more FROM pg_roles WHERE rolname = 'acme'`)).rows).toEqual([
    { more: false },
  ]);
});
