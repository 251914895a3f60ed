// What a tenant prepares in its own database against the superuser's sessions, which come there at a deployment, a count of rows and a look.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DeclaredSpec } from "../../components/declaredSpec.ts";
import { scramVerifier } from "../../components/scramVerifier.ts";
import { reloadSettings } from "../../components/serverSettings.ts";
import { statements } from "../../components/statements.ts";
import { superuserEnvironment } from "../../components/superuserSession.ts";
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
const works = { code: 0, stderr: "" };
const as = (sql: string, database = "acme") =>
  overTcp(container, `user=acme password=nobodys dbname=${database} options='-c statement_timeout=0'`, sql);
const inside = (sql: string, database = "acme") => {
  const environment = Object.entries(superuserEnvironment()).map(([name, value]) => `--env=${name}=${value}`);
  const psql = ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--file=-"];
  return outputOf(
    "docker",
    ["exec", "--interactive", ...environment, `--env=PGDATABASE=${database}`, container, ...psql],
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
    // As mask.sh and import-cluster.sh run it.
    const counting =
      "set -eu; cd /usr/local/lib/pgtenants; . ./session.sh; PGDATABASE=acme psql -X -q -At --set=ON_ERROR_STOP=1 --file=import-count.sql";
    expect(await exec(container, ["sh", "-c", counting])).toMatchObject({ code: 0 });
    expect(await isSuperuser()).toBe("f");
  });
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
    await inside(`ALTER ROLE acme IN DATABASE acme SET work_mem = '4MB'`);
    expect(await deploy({ declared: nothing, limits: { ...noLimits, readOnly: true } })).toMatchObject(works);
    expect(await deploy({ declared: nothing, limits: { ...noLimits, allowDdl: false } })).toMatchObject(works);
    expect(await deploy({ declared: nothing })).toMatchObject(works);
  });
});
