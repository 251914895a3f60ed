// What a tenant prepares in its own database against the superuser's sessions, which come there at a deployment, a count of rows and a look.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DeclaredSpec } from "../../components/declaredSpec.ts";
import { scramVerifier } from "../../components/scramVerifier.ts";
import { reloadSettings } from "../../components/serverSettings.ts";
import { statements } from "../../components/statements.ts";
import { superuserArguments } from "../../components/superuserSession.ts";
import { noLimits, renderTenantSpec, type TenantSpec } from "../../components/tenantSpec.ts";
import { tenant } from "../support/tenants.ts";
import { applySql, asSuperuser, exec, makeImageBench, overTcp, script } from "./support/imageContainer.ts";
import { type Finished, outputOf } from "./support/shell.ts";

const bench = makeImageBench();
let container: string;

const nothing: DeclaredSpec = {
  ...{ roles: [], databases: [], inside: ["acme"], contents: [], absent: [] },
  settings: {},
};

/** Deploys, as the program's step does. */
function deploy(spec: Partial<TenantSpec> = {}): Promise<Finished> {
  const whole: TenantSpec = {
    owner: "acme",
    verifier: scramVerifier("acme.example.com", "nobodys"),
    database: "acme",
    connectionLimit: 40,
    access: { login: true, allow: [] },
    settings: { ...reloadSettings(tenant(), "none"), archive_command: "/bin/true" },
    limits: noLimits,
    ...spec,
  };
  return applySql(
    container,
    { readySeconds: 30, diskMiB: 10_240 },
    renderTenantSpec(whole) + statements(whole.declared),
  );
}
const readOnly = { ...noLimits, readOnly: true };
const works = { code: 0, stderr: "" };
const as = (sql: string, database = "acme") =>
  overTcp(container, `user=acme password=nobodys dbname=${database} options='-c statement_timeout=0'`, sql);
const inside = (sql: string, database = "acme") => {
  const psql = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--file=-"];
  return outputOf(
    "docker",
    ["exec", "--interactive", ...superuserArguments(), `--env=PGDATABASE=${database}`, container, ...psql],
    sql,
  );
};

beforeAll(async () => {
  container = await bench.start(await bench.volume());
});
afterAll(() => bench.remove());
// Every test begins with a new database.
beforeEach(async () => {
  const databases = await asSuperuser(
    container,
    "SELECT datname FROM pg_database WHERE datname LIKE 'acme%' OR datname = 'extra'",
  );
  for (const name of databases.split("\n").filter((line) => line !== "")) {
    await asSuperuser(container, `ALTER DATABASE ${name} IS_TEMPLATE false`);
    await asSuperuser(container, `DROP DATABASE ${name} WITH (FORCE)`);
  }
  expect(await deploy()).toMatchObject(works);
});

const isSuperuser = () => asSuperuser(container, "SELECT rolsuper FROM pg_roles WHERE rolname = 'acme'");
const misread = `
  ALTER DATABASE acme SET client_encoding = 'SJIS'; ALTER DATABASE acme SET standard_conforming_strings = off; ALTER DATABASE acme SET backslash_quote = on;
  CREATE FUNCTION public.e() RETURNS void LANGUAGE plpgsql AS $$ BEGIN IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN ALTER ROLE acme SUPERUSER; END IF; END $$`;

describe("names that another encoding makes statements of", () => {
  test("do not run where a schema is dropped", async () => {
    const made = await as(`${misread};
      CREATE SCHEMA old; CREATE TABLE old.t (a int);
      CREATE VIEW public."¥¥'; EXCEPTION WHEN OTHERS THEN PERFORM public.e(); END --" AS SELECT * FROM old.t`);
    expect(made).toMatchObject({ code: 0 });
    const absent = [
      { kind: "schema" as const, name: "old", database: "acme", confirmed: new Date().toISOString().slice(0, 10) },
    ];
    expect((await deploy({ declared: { ...nothing, absent } })).stderr).toContain(
      "what is outside of it depends on it",
    );
    expect(await isSuperuser()).toBe("f");
  });

  test("do not run where rows are counted", async () => {
    expect(await as(`${misread}; CREATE TABLE "¥', public.e()) --" (a int)`)).toMatchObject({ code: 0 });
    expect(await script(container, "counts.sh")).toMatchObject({ code: 0 });
    expect(await exec(container, ["sh", "-c", counting("superuser-count.sql")])).toMatchObject({ code: 0 });
    expect(await isSuperuser()).toBe("f");
  });
});

/** As mask.sh, import-cluster.sh and move.sh run it. */
const counting = (file: string) =>
  `set -eu; cd /usr/local/lib/pgtenants; . ./session.sh; PGDATABASE=acme psql -X -q -At --set=ON_ERROR_STOP=1 --file=${file}`;

test("what the planner runs of an index does not run where rows are counted and a move remembers what there is", async () => {
  const made = await as(`
    CREATE FUNCTION public.rise() RETURNS int LANGUAGE plpgsql VOLATILE AS $$ BEGIN
      IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN ALTER ROLE acme SUPERUSER; END IF; RETURN 1; END $$;
    CREATE FUNCTION public.one(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN public.rise(); END $$;
    CREATE TABLE public.indexed (v int); INSERT INTO public.indexed VALUES (7), (8); CREATE INDEX ON public.indexed ((v + public.one(1)))`);
  expect(made).toMatchObject({ code: 0 });
  const counts = await script(container, "counts.sh");
  expect(counts.stdout).toContain('"public.indexed" : 2');
  expect((await exec(container, ["sh", "-c", counting("superuser-count.sql")])).stdout).toContain(
    '["public", "indexed", 2]',
  );
  for (const verb of ["count", "mark", "changed"])
    expect(await exec(container, ["/usr/local/lib/pgtenants/move.sh", verb, "acme", "acme", "acme"])).toMatchObject({
      code: 0,
    });
  expect(await isSuperuser()).toBe("f");
  // It is not that it could not.
  expect(await exec(container, ["sh", "-c", counting("import-count.sql")])).toMatchObject({ code: 0 });
  expect(await isSuperuser()).toBe("t");
  await asSuperuser(container, "ALTER ROLE acme NOSUPERUSER");
});

describe("settings of its database", () => {
  test.each([
    "transaction_timeout = '1ms'",
    "idle_session_timeout = '1ms'",
    "statement_timeout = '1ms'",
    "lock_timeout = '1ms'",
    "restrict_nonsystem_relation_kind = 'view'",
    "local_preload_libraries = 'nope'",
    "client_encoding = 'GBK'",
    "default_table_access_method = 'nope'",
    "default_tablespace = 'nope'",
    "exit_on_error = on",
    "plpgsql.extra_errors = 'all'",
    "default_transaction_isolation = 'serializable'",
    "quote_all_identifiers = on",
    "session_authorization = 'acme'",
    "role = 'acme'",
    "search_path = 'public, pg_catalog'",
  ])("%s does not stop a deployment", async (setting) => {
    await as(`ALTER DATABASE acme SET ${setting}`);
    // What cannot be taken over is warned of: hence the code alone.
    expect(await deploy({ declared: nothing, limits: readOnly })).toMatchObject({ code: 0 });
    expect((await as("BEGIN READ WRITE; CREATE TABLE made (a int)")).code).not.toBe(0);
    expect(await deploy({ declared: nothing })).toMatchObject({ code: 0 });
  });
});

describe("a tenant that is closed", () => {
  const loader = { name: "loader", login: false, readOnly: false, inRoles: [], connectionLimit: -1 };
  const reader = { name: "reader", login: false, readOnly: true, inRoles: [], connectionLimit: -1 };
  const declared: DeclaredSpec = {
    ...nothing,
    roles: [loader, reader],
    contents: [{ name: "acme", extensions: [], schemas: [{ name: "mart", owner: "loader" }] }],
  };

  test("is given nothing back by what is declared in it, at no deployment", async () => {
    await deploy({ declared });
    await as("CREATE TABLE kept (a int); GRANT SELECT ON kept TO reader WITH GRANT OPTION");
    for (const _ of ["the first", "the second"]) {
      expect(await deploy({ declared, limits: readOnly })).toMatchObject(works);
      expect((await as("BEGIN READ WRITE; SELECT lo_from_bytea(0, 'x')")).stderr).toContain("permission denied");
      const made = await as("BEGIN READ WRITE; EXPLAIN ANALYZE CREATE TABLE mart.x AS SELECT 1");
      expect(made.stderr).toContain("permission denied");
    }
    expect(await deploy({ declared })).toMatchObject(works);
    expect(await as("SELECT lo_from_bytea(0, 'x'); CREATE TABLE mart.x AS SELECT 1; DROP TABLE mart.x")).toMatchObject(
      works,
    );
  });

  test("gets an extension and loses a privilege although its definitions stay as they are", async () => {
    expect(await deploy({ declared, limits: { ...noLimits, allowDdl: false } })).toMatchObject(works);
    await inside(
      "CREATE TABLE public.given (a int); ALTER TABLE public.given OWNER TO acme; GRANT INSERT ON public.given TO reader",
    );
    const contents = [{ name: "acme", extensions: [{ name: "hstore", trusted: true }], schemas: [] }];
    expect(
      await deploy({ declared: { ...declared, contents }, limits: { ...noLimits, allowDdl: false } }),
    ).toMatchObject(works);
    expect(
      await inside(
        "SELECT has_table_privilege('reader', 'public.given', 'INSERT'), count(*) FROM pg_extension WHERE extname = 'hstore'",
      ),
    ).toBe("f|1");
  });

  test("is closed in its further databases, and held to its limits there", async () => {
    const further = { ...nothing, databases: [{ name: "extra" }], inside: [] };
    await deploy({ declared: further });
    expect(await as("CREATE TABLE kept (a int)", "extra")).toMatchObject(works);
    expect(await deploy({ declared: further, limits: { ...readOnly, statement: 2000 } })).toMatchObject(works);
    expect((await as("BEGIN READ WRITE; INSERT INTO kept VALUES (1)", "extra")).stderr).toContain("permission denied");
    expect((await as("SELECT pg_sleep(30)", "extra")).stderr).toMatch(/canceling statement|terminating/);
    expect(await deploy({ declared: further })).toMatchObject(works);
    expect(await as("INSERT INTO kept VALUES (1)", "extra")).toMatchObject(works);
    expect((await deploy({ limits: readOnly })).stderr).toContain("would not hold in database extra");
  });

  test("is opened again under another name of its database", async () => {
    await as("CREATE TABLE kept (a int)");
    expect(await deploy({ limits: readOnly })).toMatchObject(works);
    expect(await deploy({ database: "acme2" })).toMatchObject(works);
    expect(await as("INSERT INTO kept VALUES (1)", "acme2")).toMatchObject(works);
  });

  test("cannot prepare what it commits later", async () => {
    expect((await as("BEGIN; CREATE TABLE later (a int); PREPARE TRANSACTION 'later'")).stderr).toContain(
      "prepared transactions are disabled",
    );
  });
});

test("a comment of the tenant's does not make another database of its own one", async () => {
  const further = { ...nothing, databases: [{ name: "extra" }], inside: [] };
  await deploy({ declared: further });
  await as(
    "CREATE TABLE kept (a int); COMMENT ON DATABASE extra IS 'mine'; COMMENT ON DATABASE acme IS 'pgtenants: declared'",
  );
  expect(await deploy({ declared: further, database: "acme2" })).toMatchObject(works);
  expect(await as("SELECT count(*) FROM kept", "acme2")).toMatchObject(works);
  expect((await as("COMMENT ON ROLE acme IS 'mine'", "acme2")).stderr).toContain("permission denied");
  expect((await as("SELECT * FROM pgtenants.databases", "postgres")).code).not.toBe(0);
});

describe("a transaction that is left open", () => {
  test.each([
    ["its rows", "LOCK TABLE kept"],
    ["a privilege", "GRANT SELECT ON kept TO PUBLIC"],
    ["its own role", "ALTER ROLE acme PASSWORD 'another'"],
    ["its database", "GRANT CONNECT ON DATABASE acme TO PUBLIC"],
  ])("with a lock on %s does not keep a deployment from ending", async (_, sql) => {
    await as("CREATE TABLE kept (a int)");
    const open = as(`BEGIN; ${sql}; SELECT pg_sleep(60)`);
    const begun = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'acme' AND query LIKE '%pg_sleep%'";
    await expect.poll(() => inside(begun)).toBe("1");
    const before = Date.now();
    const reader = { name: "reader", login: false, readOnly: true, inRoles: [], connectionLimit: -1 };
    const declared = { ...nothing, roles: [reader] };
    // The verifier has another salt each time, so that the role is written.
    expect(await deploy({ declared, limits: readOnly })).toMatchObject(works);
    expect((await open).stderr).toMatch(/terminating connection|server closed/);
    expect((Date.now() - before) / 1000).toBeLessThan(30);
  });
});

test("what was dropped once is not dropped again under another name of its database", async () => {
  const absent = [
    { kind: "schema" as const, name: "old", database: "acme", confirmed: new Date().toISOString().slice(0, 10) },
  ];
  await as("CREATE SCHEMA old");
  expect(await deploy({ declared: { ...nothing, absent } })).toMatchObject(works);
  await as("CREATE SCHEMA old");
  const renamed = absent.map((one) => ({ ...one, database: "acme2" }));
  expect(
    await deploy({ database: "acme2", declared: { ...nothing, inside: ["acme2"], absent: renamed } }),
  ).toMatchObject(works);
  expect(await inside("SELECT count(*) FROM pg_namespace WHERE nspname = 'old'", "acme2")).toBe("1");
});

test("a database that the tenant has made a template is dropped all the same", async () => {
  const further = { ...nothing, databases: [{ name: "extra" }], inside: [] };
  await deploy({ declared: further });
  await as("ALTER DATABASE extra IS_TEMPLATE true");
  const absent = [{ kind: "database" as const, name: "extra", confirmed: new Date().toISOString().slice(0, 10) }];
  expect(await deploy({ declared: { ...nothing, absent } })).toMatchObject(works);
  expect(await inside("SELECT count(*) FROM pg_database WHERE datname = 'extra'")).toBe("0");
});

test("a version that the image has not is told with those that it has", async () => {
  const contents = [{ name: "acme", extensions: [{ name: "hstore", version: "99.9", trusted: true }], schemas: [] }];
  const { stderr } = await deploy({ declared: { ...nothing, contents } });
  expect(stderr).toMatch(
    /extension hstore of acme: got the version "99.9", expected one that the image has: 1\.4.*; name one of these in the entry/,
  );
});

test("what was dropped once is not dropped again where something else cannot be", async () => {
  const confirmed = new Date().toISOString().slice(0, 10);
  const absent = [
    { kind: "role" as const, name: "stuck", confirmed },
    { kind: "schema" as const, name: "old", database: "acme", confirmed },
  ];
  await as("CREATE SCHEMA old");
  await inside("CREATE ROLE stuck; CREATE DATABASE extra");
  await inside("CREATE SCHEMA its AUTHORIZATION stuck", "extra");
  try {
    for (const left of ["0", "1"]) {
      expect((await deploy({ declared: { ...nothing, absent } })).stderr).toContain("role stuck cannot be dropped");
      expect(await inside("SELECT count(*) FROM pg_namespace WHERE nspname = 'old'")).toBe(left);
      await as("CREATE SCHEMA IF NOT EXISTS old");
    }
  } finally {
    await inside("DROP OWNED BY stuck", "extra");
    await inside("DROP ROLE stuck");
  }
});

test("a role that is called as a process of the server's is held to its limits", async () => {
  expect(await deploy({ owner: "archiver", limits: { ...noLimits, statement: 2000 } })).toMatchObject(works);
  const sleeping = "user=archiver password=nobodys dbname=acme options='-c statement_timeout=0'";
  expect((await overTcp(container, sleeping, "SELECT pg_sleep(30)")).stderr).toMatch(/canceling statement|terminating/);
});
