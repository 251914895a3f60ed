import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConnectionStrings } from "../../components/connectionStrings.ts";
import { nodeClient } from "./support/clients.ts";
import { ask, listShared, onInstance, tool } from "./support/sharedStack.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

/** Tenants of one instance: mallory and mole try, globex and initech are who they try it on. */

let at: TestStack;
let strings: Record<string, ConnectionStrings>;
let mallory: pg.Client;
let mole: pg.Client;
let globex: pg.Client;
let initech: pg.Client;

beforeAll(async () => {
  at = await makeTestStack([], {}, "sh");
  listShared(
    at,
    onInstance("mallory", "database", "maxConnections: 8, statementTimeout: 2 s, access: { maxConnectionsPerIp: 50 }"),
    onInstance("globex"),
    onInstance("mole", "schema"),
    onInstance("initech", "schema"),
  );
  await at.stack.up();
  strings = await at.connectionStrings();
  mallory = await nodeClient(uriOf("mallory"));
  mole = await nodeClient(uriOf("mole"));
  globex = await nodeClient(uriOf("globex"));
  initech = await nodeClient(uriOf("initech"));
  for (const client of [globex, initech]) {
    await client.query("CREATE TABLE secrets (secret text)");
    await client.query("INSERT INTO secrets VALUES ('the moon is hollow')");
    await client.query("GRANT ALL ON secrets TO PUBLIC");
    await client.query(
      "CREATE FUNCTION peek() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT secret FROM secrets'",
    );
  }
});
afterAll(async () => {
  try {
    await Promise.all([mallory, mole, globex, initech].map((client) => client?.end()));
  } finally {
    await at?.remove();
  }
});

const uriOf = (id: string): string => strings[id]?.uri ?? "";
const userOf = (id: string): string => new URL(uriOf(id)).username;

/** A tenant's URI with other parts. */
function uriWith(id: string, parts: Partial<Pick<URL, "hostname" | "pathname" | "username" | "password">>): string {
  return Object.assign(new URL(uriOf(id)), parts).href;
}

/** GLOBEX and INITECH in a statement stand for their roles, which are the names of database and schema as well. */
const meant = (sql: string): string =>
  sql.replaceAll("GLOBEX", userOf("globex")).replaceAll("INITECH", userOf("initech"));

const denied = /permission denied|must be|cannot be|may not|not allowed|denied/i;

describe("with a database of its own, a tenant cannot", () => {
  test.each([
    ["learn more of databases than names", "SELECT datname, datacl, datconnlimit FROM pg_database"],
    ["read password verifiers", "SELECT rolpassword FROM pg_authid"],
    ["list who may log in", "SELECT usename FROM pg_user"],
    ["list groups", "SELECT * FROM pg_group"],
    ["learn who is a member of what", "SELECT * FROM pg_auth_members"],
    ["learn the size of another's database", "SELECT pg_database_size('GLOBEX')"],
    ["learn the size of all databases together", "SELECT pg_tablespace_size('pg_default')"],
    ["see who is connected", "SELECT * FROM pg_stat_activity"],
    ["see it by the function below that", "SELECT * FROM pg_stat_get_activity(NULL)"],
    ["see how many are connected", "SELECT pg_stat_get_backend_idset()"],
    ["read statistics of databases", "SELECT * FROM pg_stat_database"],
    [
      "read them by the functions below that",
      "SELECT pg_stat_get_db_xact_commit(oid) FROM generate_series(16384, 17000) AS oid",
    ],
    ["see others' locks", "SELECT * FROM pg_locks"],
    ["see them by the function below that", "SELECT * FROM pg_lock_status()"],
    ["read comments on roles and databases", "SELECT * FROM pg_shdescription"],
    ["read settings of roles and databases", "SELECT * FROM pg_db_role_setting"],
    ["learn what roles own elsewhere", "SELECT * FROM pg_shdepend"],
    ["follow the server's WAL", "SELECT pg_current_wal_lsn()"],
    ["read the server's I/O", "SELECT * FROM pg_stat_io"],
    ["become another role", "SET ROLE GLOBEX"],
    ["give itself another role", "GRANT GLOBEX TO CURRENT_USER"],
    ["copy another's database", "CREATE DATABASE mine TEMPLATE GLOBEX"],
    ["read a file of the server", "SELECT pg_read_file('PG_VERSION')"],
    ["read a file by COPY", "COPY (SELECT 1) TO '/tmp/x'"],
    ["list the server's files", "SELECT pg_ls_dir('base')"],
    ["run a program", "COPY (SELECT 1) TO PROGRAM 'id'"],
    ["import a file as a large object", "SELECT lo_import('/etc/passwd')"],
    ["reach another database from inside the server", "CREATE EXTENSION dblink"],
    ["make a foreign server", "CREATE EXTENSION postgres_fdw"],
    ["change the server", "ALTER SYSTEM SET log_statement = 'all'"],
    ["raise its own number of connections", "ALTER ROLE CURRENT_USER CONNECTION LIMIT -1"],
    ["make a role", "CREATE ROLE helper"],
    ["ask for verifiers as the pool does", "SET ROLE pgtenants_pooler"],
  ])("%s", async (_, sql) => {
    await expect(mallory.query(meant(sql))).rejects.toThrow(denied);
  });

  test("see another's role in pg_roles, nor a name that says whose it is by its number", async () => {
    const { rows } = await mallory.query<{ rolname: string }>("SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'");
    expect(rows.map(({ rolname }) => rolname).sort()).toEqual(["pgtenants", userOf("mallory")].sort());
    // The cast asks nobody: what it tells is why the names say nothing.
    const { rows: found } = await mallory.query<{ name: string }>(
      "SELECT oid::regrole::text AS name FROM generate_series(16384, 17000) AS oid WHERE oid::regrole::text !~ '^[0-9]+$'",
    );
    const { rows: databases } = await mallory.query<{ name: string }>(
      "SELECT datname AS name FROM pg_database WHERE oid >= 16384",
    );
    const own = [...found, ...databases].map(({ name }) => name).filter((name) => !name.startsWith("pgtenants"));
    expect(own.length).toBeGreaterThanOrEqual(6);
    for (const name of own) expect(name).toMatch(/^t_[0-9a-f]{20}$/);
  });

  test("end another's session", async () => {
    const { rows } = await globex.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    await expect(mallory.query("SELECT pg_terminate_backend($1)", [rows[0]?.pid])).rejects.toThrow(denied);
    await globex.query("SELECT 1");
  });

  test("hear what another notifies, nor hold up another's advisory locks", async () => {
    const heard: unknown[] = [];
    mallory.on("notification", (message) => heard.push(message));
    await mallory.query("LISTEN news");
    await globex.query("NOTIFY news, 'for globex only'");
    await mallory.query("SELECT pg_advisory_lock(7)");
    const { rows } = await globex.query<{ got: boolean }>("SELECT pg_try_advisory_lock(7) AS got");
    await mallory.query("SELECT pg_advisory_unlock_all()");
    expect(rows[0]?.got).toBe(true);
    expect(heard).toEqual([]);
  });
});

describe("the host decides", () => {
  test.each(["globex", "postgres", "template1", "pgtenants_template", "pgtenants_schemas", "nothing-like-it"])(
    "the database, whatever a client asks for: %s",
    async (name) => {
      const pathname = `/${name === "globex" ? userOf("globex") : name}`;
      const rows = await ask(uriWith("mallory", { pathname }), "SELECT current_database() AS name");
      expect(rows).toEqual([{ name: userOf("mallory") }]);
    },
  );

  test.each(["pgbouncer", "pgtenants_auth"])("and what is the pool's own is nobody's: %s", async (name) => {
    await expect(ask(uriWith("mallory", { pathname: `/${name}` }), "SHOW CONFIG")).rejects.toThrow();
  });

  test.each([
    ["mallory", "globex"],
    ["globex", "mallory"],
    ["mole", "initech"],
    ["mole", "mallory"],
  ])("who gets in: %s's own name and password are refused at the host of %s", async (who, where) => {
    const { hostname } = new URL(uriOf(where));
    await expect(ask(uriWith(who, { hostname }), "SELECT 1")).rejects.toThrow(/no such user|authentication failed/);
  });

  test("that the operator's roles get in nowhere", async () => {
    for (const username of ["pgtenants", "pgtenants_pooler", "pgtenants_instance"])
      await expect(ask(uriWith("mallory", { username }), "SELECT 1")).rejects.toThrow(
        /no such user|authentication failed/,
      );
  });
});

describe("with a schema of its own, a tenant cannot", () => {
  test.each([
    ["read another's table that everybody may read", "SELECT * FROM INITECH.secrets"],
    ["call another's function that everybody may call", "SELECT INITECH.peek()"],
    ["make something in another's schema", "CREATE TABLE INITECH.mine (id int)"],
    ["make something in public", "CREATE TABLE public.mine (id int)"],
    ["make a schema", "CREATE SCHEMA mine"],
    ["drop or give away its own", "DROP SCHEMA SELF"],
    ["let another in", "GRANT USAGE ON SCHEMA SELF TO INITECH"],
    ["learn the size of another's table", "SELECT pg_total_relation_size(oid) FROM pg_class WHERE relname = 'secrets'"],
    ["read statistics of another's table", "SELECT * FROM pg_stat_user_tables"],
    [
      "read them by the functions below that",
      "SELECT pg_stat_get_tuples_inserted(oid) FROM pg_class WHERE relname = 'secrets'",
    ],
    ["see who is connected", "SELECT * FROM pg_stat_activity"],
    ["learn more of databases than names", "SELECT * FROM pg_database"],
    ["list large objects", "SELECT * FROM pg_largeobject_metadata"],
    ["make an extension", "CREATE EXTENSION citext"],
  ])("%s", async (_, sql) => {
    const result = await mole
      .query(meant(sql).replaceAll("SELF", userOf("mole")))
      .catch((error: Error) => error.message);
    // GRANT without the right to is a warning, and does nothing.
    if (sql.startsWith("GRANT")) {
      const asked = "SELECT has_schema_privilege($1, $2, 'USAGE') AS may";
      expect((await mole.query(asked, [userOf("initech"), userOf("mole")])).rows).toEqual([{ may: false }]);
    } else expect(result).toMatch(denied);
  });

  test("read samples of another's rows in the planner's statistics", async () => {
    await initech.query("ANALYZE secrets");
    await expect(mole.query("SELECT * FROM pg_stats")).rejects.toThrow(denied);
  });

  test("find its own tables elsewhere than in its own schema", async () => {
    await mole.query("CREATE TABLE burrow (id int)");
    const { rows } = await mole.query("SELECT schemaname FROM pg_tables WHERE tablename = 'burrow'");
    expect(rows).toEqual([{ schemaname: userOf("mole") }]);
  });
});

describe("what works as ever", () => {
  test.each(["\\d", "\\dt", "\\d+ things", "\\dn", "\\df", "\\dx", "\\du", "\\dp", "\\dT", "\\conninfo"])(
    "psql's %s",
    async (command) => {
      await ask(uriOf("globex"), "CREATE TABLE IF NOT EXISTS things (id int PRIMARY KEY, name text)");
      const { code, output } = await tool(
        at,
        strings["globex"],
        "psql",
        "--set=ON_ERROR_STOP=1",
        `--command=${command}`,
      );
      expect(code, output).toBe(0);
      expect(output).not.toMatch(/ERROR|permission denied/);
    },
  );

  test("a dump by the tenant, with nothing in it that only a superuser can restore", async () => {
    const { code, output } = await tool(at, strings["globex"], "pg_dump");
    expect(code, output).toBe(0);
    expect(output).toContain("CREATE TABLE public.secrets");
    expect(output).not.toMatch(/pg_catalog\.pg_(database|stat|roles)/);
  });

  test("a dump of a schema by its tenant", async () => {
    const { code, output } = await tool(at, strings["initech"], "pg_dump", `--schema=${userOf("initech")}`);
    expect(code, output).toBe(0);
    expect(output).toContain("the moon is hollow");
  });

  test.each(["globex", "initech"])("the introspection that frameworks do: %s", async (id) => {
    for (const sql of [
      "SELECT table_name FROM information_schema.tables WHERE table_schema = ANY (current_schemas(false))",
      "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'secrets'",
      "SELECT * FROM information_schema.table_constraints",
      "SELECT c.relname, n.nspname, obj_description(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r'",
      "SELECT typname, oid FROM pg_type",
      "SELECT * FROM pg_indexes",
      "SELECT extname FROM pg_extension",
      "SELECT version(), current_setting('server_version_num'), pg_backend_pid()",
    ])
      await ask(uriOf(id), sql);
  });
});

test("a tenant has its own number of connections, and another all of its own", async () => {
  const held: pg.Client[] = [];
  try {
    // One is there already.
    for (let more = 1; more < 8; more += 1) held.push(await nodeClient(uriOf("mallory")));
    await expect(ask(uriOf("mallory"), "SELECT 1")).rejects.toThrow(/no more connections|too many/);
    expect(await ask(uriOf("globex"), "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  } finally {
    await Promise.all(held.map((client) => client.end()));
  }
});

test("a limit of one tenant holds where its session has switched it off, and for nobody else", async () => {
  const evader = await nodeClient(uriOf("mallory"));
  try {
    await evader.query("SET statement_timeout = 0");
    const [evaded, patient] = await Promise.allSettled([
      evader.query("SELECT pg_sleep(12)"),
      globex.query("SELECT pg_sleep(6)"),
    ]);
    expect(evaded).toMatchObject({ status: "rejected", reason: { code: "57014" } });
    expect(patient.status).toBe("fulfilled");
  } finally {
    await evader.end();
  }
});
