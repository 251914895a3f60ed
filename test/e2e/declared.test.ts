// What is declared inside a tenant's server, on a real one: made, changed by hand and put right, taken out, dropped.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeClient, stringsOf } from "./support/clients.ts";
import { catalogDigest, rolesOf, superuser } from "./support/declared.ts";
import { kindsIn, lookForDrift } from "./support/handMade.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;

const reporting = "{ name: reporting, readOnly: true, connectionLimit: 3 }";
const roles = `[${reporting}, { name: loader, inRoles: [acme] }, { name: team, login: false }]`;
const databases =
  "[{ name: analytics, extensions: [{ name: vector }, { name: hstore, version: latest }], schemas: [{ name: mart, owner: loader }] }]";
const everything = (fields: Readonly<Record<string, string>> = {}) => {
  const all = {
    databases,
    roles,
    extensions: "[{ name: citext, version: '1.6' }, { name: earthdistance }, { name: pg_stat_statements }]",
    schemas: "[{ name: sales }]",
    settings: "{ work_mem: 8 MB, jit: false, max_locks_per_transaction: 96 }",
    ...fields,
  };
  const lines = Object.entries(all).map(([field, value]) => `    ${field}: ${value}\n`);
  writeFileSync(join(at.folder, "tenants.yaml"), `tenants:\n  - id: acme\n${lines.join("")}  - id: plain\n`);
};
const sql = (statement: string, database?: string) => superuser(at, "acme", statement, database);
const up = async () => {
  const { summary } = await at.stack.up();
  return summary.resourceChanges ?? {};
};
/** Nothing but what there was. */
const nothing = (changes: Readonly<Record<string, number>>) => Object.keys(changes).filter((kind) => kind !== "same");
const uriOf = async (role: string, database = "acme") => {
  const strings = rolesOf(await at.connectionStrings(), "acme")[role];
  const uri = new URL(strings?.nodePostgres ?? "");
  uri.pathname = `/${database}`;
  return uri.href;
};
const asOwner = async (statement: string, database = "acme") => {
  const uri = new URL(stringsOf(await at.connectionStrings(), "acme").nodePostgres);
  uri.pathname = `/${database}`;
  return using(uri.href, (client) => client.query(statement));
};
const asRole = async (role: string, statement: string, database = "acme") =>
  using(await uriOf(role, database), (client) => client.query(statement));

async function using<T>(uri: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await nodeClient(uri);
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** What a tenant may call its own, to see what the operator's statements make of it. */
const hostileSchema = `"evil';DROP ROLE reporting;--""$$\\:'spec'"`;
const hostile = `${hostileSchema}."tä;ble\n%I"`;

beforeAll(async () => {
  at = await makeTestStack([], { deletionProtection: "true" }, "decl");
  everything();
  await at.stack.up();
}, 180_000);
afterAll(async () => {
  await at?.stack.setConfig("pgtenants:deletionProtection", { value: "false" });
  await at?.stack.up();
  await at?.remove();
}, 180_000);

test("a second deployment with everything declared changes nothing, in no resource and in no catalog", async () => {
  const before = await catalogDigest(at, "acme", ["acme", "analytics"]);
  expect(nothing(await up())).toEqual([]);
  // The script itself, run once more.
  await at.stack.up({
    replace: [`urn:pulumi:${at.name}::pgtenants::pgtenants:index:TenantDatabase$command:local:Command::acme-sql`],
  });
  expect(await catalogDigest(at, "acme", ["acme", "analytics"])).toBe(before);
  expect(kindsIn(await lookForDrift(at))).toEqual([]);
}, 60_000);

test("everything is there, and settings are in force", async () => {
  expect(await sql("SHOW work_mem")).toBe("8MB");
  expect(await sql("SHOW max_locks_per_transaction")).toBe("96");
  expect(await sql("SELECT string_agg(extname, ' ' ORDER BY extname) FROM pg_extension", "analytics")).toBe(
    "hstore plpgsql vector",
  );
  await asOwner(
    "CREATE TABLE mart.items (id int, embedding vector(3)); INSERT INTO mart.items VALUES (1, '[1,2,3]')",
    "analytics",
  );
  expect((await asOwner("SELECT count(*) FROM pg_stat_statements")).rowCount).toBe(1);
  // A neighbour that declares nothing has none of it, and no step or secret more.
  const state = JSON.stringify((await at.stack.exportStack()).deployment);
  expect(state).not.toContain("plain-reporting-login");
  expect(await superuser(at, "plain", "SELECT count(*) FROM pg_tables WHERE tablename = 'dropped'")).toBe("0");
});

describe("a role that only reads", () => {
  let reader: string;
  beforeAll(async () => {
    reader = await uriOf("reporting");
  });

  test("reads what the owner and other roles make later, in each database and schema", async () => {
    await asOwner("CREATE SCHEMA later; CREATE TABLE later.kept (id serial); INSERT INTO later.kept DEFAULT VALUES");
    await asOwner("CREATE VIEW sales.seen AS SELECT id FROM later.kept; SELECT lo_from_bytea(4711, '\\x01')");
    await asRole("loader", "CREATE TABLE mart.loaded (id int); INSERT INTO mart.loaded VALUES (7)", "analytics");
    expect((await asRole("reporting", "SELECT id FROM sales.seen")).rows).toEqual([{ id: 1 }]);
    expect((await asRole("reporting", "SELECT last_value FROM later.kept_id_seq")).rowCount).toBe(1);
    expect((await asRole("reporting", "SELECT lo_get(4711)")).rowCount).toBe(1);
    expect((await asRole("reporting", "SELECT id FROM mart.loaded", "analytics")).rows).toEqual([{ id: 7 }]);
    await asOwner(`CREATE SCHEMA ${hostileSchema}; CREATE TABLE ${hostile} (id int)`);
    expect((await asRole("reporting", `TABLE ${hostile}`)).rows).toEqual([]);
    // What a role makes is the tenant's as well.
    await asOwner("INSERT INTO mart.loaded VALUES (8)", "analytics");
  });

  test.each([
    "INSERT INTO later.kept DEFAULT VALUES",
    "UPDATE later.kept SET id = 2",
    "DELETE FROM later.kept",
    "TRUNCATE later.kept",
    "SELECT id FROM later.kept FOR UPDATE",
    "MERGE INTO later.kept USING (SELECT 1) AS one ON false WHEN NOT MATCHED THEN INSERT DEFAULT VALUES",
    "COPY later.kept FROM STDIN",
    "COPY later.kept TO PROGRAM 'cat'",
    "SELECT nextval('later.kept_id_seq')",
    "SELECT setval('later.kept_id_seq', 99)",
    "CREATE TABLE later.own (id int)",
    "CREATE TABLE public.own (id int)",
    "CREATE TEMP TABLE own (id int)",
    "CREATE SCHEMA own",
    "CREATE EXTENSION pg_trgm",
    "DROP TABLE later.kept",
    "ALTER TABLE later.kept ADD more int",
    "CREATE INDEX ON later.kept (id)",
    "REINDEX TABLE later.kept",
    "GRANT INSERT ON later.kept TO reporting; INSERT INTO later.kept DEFAULT VALUES",
    "SELECT lo_create(0)",
    "SELECT lo_creat(-1)",
    "SELECT lo_from_bytea(0, '\\x00')",
    "SELECT lo_put(4711, 0, '\\x02')",
    "SELECT lo_unlink(4711)",
    "SET ROLE acme",
    "SET SESSION AUTHORIZATION acme",
    "GRANT acme TO reporting",
    "ALTER ROLE acme PASSWORD 'x'",
    "DO $$ BEGIN INSERT INTO later.kept DEFAULT VALUES; END $$",
    "COMMENT ON TABLE later.kept IS 'x'",
    "SELECT rolpassword FROM pg_authid",
  ])("cannot: %s", async (statement) => {
    await using(reader, async (client) => {
      // What would stop it by mistake only.
      await client.query("SET default_transaction_read_only = off");
      await expect(client.query(statement)).rejects.toMatchObject({ code: "42501" });
    });
  });
});

/** What somebody does by hand: of which kind that is, words that the finding has, and the statements, each with its database. */
type Made = readonly [kind: string, found: string, ...statements: (readonly [database: string, statement: string])[]];

describe("changed by hand, told by pgt drift, and put right by the next plain deployment", () => {
  test.each<[string, ...Made[]]>([
    [
      "roles, databases and settings",
      [
        "declared-role",
        "role team: none",
        ["acme", "DROP OWNED BY team"],
        ["analytics", "DROP OWNED BY team; DROP ROLE team"],
      ],
      ["declared-role", "role reporting: may not log in", ["postgres", "ALTER ROLE reporting NOLOGIN"]],
      ["declared-role", "another password", ["postgres", "ALTER ROLE reporting PASSWORD 'mine'"]],
      ["declared-role", "role loader: -1 connections", ["postgres", "ALTER ROLE loader CREATEDB CONNECTION LIMIT -1"]],
      ["declared-role", "default_transaction_read_only not set", ["postgres", "ALTER ROLE reporting RESET ALL"]],
      ["declared-membership", "is in pg_monitor", ["postgres", "GRANT pg_monitor TO reporting"]],
      ["declared-membership", "is not in acme", ["postgres", "REVOKE acme FROM loader"]],
      ["declared-database", "is pgtenants's", ["postgres", "ALTER DATABASE analytics OWNER TO pgtenants"]],
      ["declared-database", "takes no connections", ["postgres", "ALTER DATABASE analytics ALLOW_CONNECTIONS false"]],
      ["declared-database", "everybody has rights", ["postgres", "GRANT CONNECT ON DATABASE analytics TO PUBLIC"]],
      ["declared-grant", "may not connect to acme", ["postgres", "REVOKE CONNECT ON DATABASE acme FROM reporting"]],
      ["declared-grant", "may create in database acme", ["postgres", "GRANT CREATE ON DATABASE acme TO reporting"]],
      ["declared-setting", "setting work_mem: 1GB", ["postgres", "ALTER SYSTEM SET work_mem = '1GB'"]],
      ["declared-setting", "setting jit: not set", ["postgres", "ALTER SYSTEM RESET jit"]],
    ],
    [
      "what is in databases",
      ["declared-schema", "schema mart of analytics: is acme's", ["analytics", "ALTER SCHEMA mart OWNER TO acme"]],
      ["declared-extension", "extension earthdistance of acme: none", ["acme", "DROP EXTENSION earthdistance"]],
      [
        "declared-extension",
        "extension hstore of analytics: 1.4",
        ["analytics", "DROP EXTENSION hstore"],
        ["analytics", "CREATE EXTENSION hstore VERSION '1.4'"],
      ],
      ["declared-grant", "may insert TABLE later.kept", ["acme", "GRANT INSERT ON later.kept TO reporting"]],
      ["declared-grant", "may insert TABLE .*evil", ["acme", `GRANT INSERT ON ${hostile} TO reporting`]],
      ["declared-grant", "may create SCHEMA .*evil", ["acme", `GRANT CREATE ON SCHEMA ${hostileSchema} TO reporting`]],
      ["declared-grant", "may create SCHEMA later", ["acme", "GRANT CREATE ON SCHEMA later TO reporting"]],
      [
        "declared-grant",
        "may update TABLE mart.loaded",
        ["analytics", "GRANT UPDATE (id) ON mart.loaded TO reporting"],
      ],
      ["declared-grant", "may not read tables of schema sales", ["acme", "REVOKE SELECT ON sales.seen FROM reporting"]],
      ["declared-grant", "may not use schema later", ["acme", "REVOKE USAGE ON SCHEMA later FROM reporting"]],
      ["declared-grant", "may not read 1 large objects", ["acme", "REVOKE SELECT ON LARGE OBJECT 4711 FROM reporting"]],
      [
        "declared-grant",
        "gets no tables that acme makes in acme",
        ["acme", "ALTER DEFAULT PRIVILEGES FOR ROLE acme REVOKE SELECT ON TABLES FROM reporting"],
      ],
      [
        "declared-grant",
        "gets more than reading of what loader makes in analytics",
        ["analytics", "ALTER DEFAULT PRIVILEGES FOR ROLE loader IN SCHEMA mart GRANT INSERT ON TABLES TO reporting"],
      ],
      [
        "declared-grant",
        "roles that only read: may make large objects in acme",
        ["acme", "GRANT EXECUTE ON FUNCTION lo_create(oid) TO PUBLIC"],
      ],
      [
        "declared-grant",
        "owns something in acme",
        ["acme", "CREATE TABLE later.given ()"],
        ["acme", "ALTER TABLE later.given OWNER TO reporting"],
      ],
    ],
    [
      "what holds data",
      ["declared-schema", "schema sales of acme: none", ["acme", "DROP SCHEMA sales CASCADE"]],
      ["declared-database", "database analytics: none", ["postgres", "DROP DATABASE analytics"]],
    ],
  ])(
    "%s",
    async (_, ...made) => {
      for (const [, , ...statements] of made)
        for (const [database, statement] of statements)
          for (const one of statement.split("; ")) await sql(one, database);
      const look = await lookForDrift(at);
      const told = look.findings.map(({ subject, kind, found }) => `${subject} ${kind} ${found}`);
      for (const [kind, found] of made)
        expect(told).toContainEqual(expect.stringMatching(new RegExp(`^acme ${kind} .*${found}`, "s")));
      expect(new Set(look.findings.map(({ kind }) => kind))).toEqual(new Set(made.map(([kind]) => kind)));
      expect(new Set(look.findings.map(({ fix, up: does }) => `${fix}, ${does}`))).toEqual(
        new Set(["pulumi up, puts it right"]),
      );
      const changes = await up();
      expect([changes["update"], nothing(changes)]).toEqual([1, ["update"]]);
      expect((await lookForDrift(at)).findings).toEqual([]);
      expect(nothing(await up())).toEqual([]);
    },
    60_000,
  );
});
