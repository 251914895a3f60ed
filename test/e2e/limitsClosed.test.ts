import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exec, makeImageBench } from "./support/imageContainer.ts";
import { type LimitBench, limitBench } from "./support/limitBench.ts";

const bench = makeImageBench();
let container: string;
let limit: LimitBench["limit"];
let as: LimitBench["as"];
let inside: LimitBench["inside"];

const operators = "readonly, with rights of its own, who could be a colleague";

beforeAll(async () => {
  container = await bench.start(await bench.volume());
  ({ limit, as, inside } = limitBench(container));
  await limit({});
  // What a tenant can prepare before: names that shadow ours, code that runs with its rights, roles that it lets write.
  await inside(`CREATE ROLE colleague LOGIN PASSWORD 'nobodys'; COMMENT ON ROLE colleague IS '${operators}'; CREATE ROLE helper; CREATE ROLE third;
    GRANT colleague TO acme WITH SET TRUE; GRANT CONNECT ON DATABASE acme TO colleague`);
  const prepared = await as(`
    CREATE TABLE kept (id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, text text DEFAULT 'x'); INSERT INTO kept (text) VALUES ('first');
    CREATE TABLE parts (at int, text text) PARTITION BY RANGE (at); CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
    INSERT INTO parts VALUES (1, 'one');
    CREATE TABLE "odd "" name" (a int, "b c" int);
    CREATE VIEW seen AS SELECT * FROM kept; CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM kept; CREATE SEQUENCE numbers;
    CREATE TABLE ruled (a int); CREATE RULE onward AS ON UPDATE TO ruled DO INSTEAD INSERT INTO kept (text) VALUES ('rule');
    SELECT lo_from_bytea(777, 'large');
    CREATE FUNCTION definer() RETURNS void LANGUAGE sql SECURITY DEFINER SET default_transaction_read_only = off AS $$ INSERT INTO kept (text) VALUES ('definer') $$;
    CREATE SCHEMA pgtenants; CREATE FUNCTION pgtenants.thaw() RETURNS void LANGUAGE sql AS ''; CREATE TABLE pgtenants.taken (a int);
    CREATE FUNCTION public.pg_get_userbyid(oid) RETURNS name LANGUAGE sql AS $$ SELECT 'colleague'::name $$;
    CREATE FUNCTION public.quote_ident(text) RETURNS text LANGUAGE sql AS $$ SELECT 'colleague' $$;
    ALTER DATABASE acme SET search_path = public, pg_catalog; ALTER DATABASE acme SET role = 'acme'; ALTER DATABASE acme SET statement_timeout = '1ms';
    GRANT SELECT, INSERT ON kept TO colleague WITH GRANT OPTION; GRANT UPDATE (text) ON kept TO colleague WITH GRANT OPTION;
    GRANT INSERT ("b c") ON "odd "" name" TO PUBLIC; GRANT USAGE ON SEQUENCE numbers TO colleague; GRANT CREATE ON SCHEMA public TO colleague;
    SET ROLE colleague; GRANT INSERT ON kept TO helper WITH GRANT OPTION; GRANT UPDATE (text) ON kept TO third; SET ROLE acme`);
  expect(prepared).toMatchObject({ code: 0, stderr: "" });
  await inside("SET ROLE helper; GRANT INSERT ON public.kept TO third");
});
afterAll(() => bench.remove());

/** Every privilege in the tenant's database, NULL and the default as one. */
const privileges = () =>
  inside(`
    SELECT oid::regclass, acl.* FROM pg_class,
           aclexplode(coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner))) AS acl
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S') ORDER BY acl, oid;
    SELECT attrelid::regclass, attnum, acl.* FROM pg_attribute, aclexplode(attacl) AS acl ORDER BY acl, attrelid, attnum;
    SELECT nspname, acl.* FROM pg_namespace, aclexplode(nspacl) AS acl WHERE nspname !~ '^pgtenants' ORDER BY acl, nspname;
    SELECT oid::regprocedure, acl.* FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS acl
     WHERE pronamespace = 'pg_catalog'::regnamespace ORDER BY acl, oid;
    SELECT setconfig FROM pg_db_role_setting ORDER BY 1;`);

/** Every row, number and large object. */
const content = () =>
  inside(`SELECT * FROM public.kept ORDER BY id; SELECT * FROM public.parts; SELECT * FROM public.ruled; SELECT * FROM public.counted;
    SELECT last_value, is_called FROM public.numbers; SELECT loid, data FROM pg_largeobject; SELECT relname FROM pg_class WHERE relpersistence <> 't' ORDER BY 1;`);

const rowAttempts = [
  "INSERT INTO kept (text) VALUES ('new')",
  "BEGIN READ WRITE; INSERT INTO kept (text) VALUES ('new'); COMMIT",
  "UPDATE kept SET text = 'new'",
  "DELETE FROM kept",
  "TRUNCATE kept",
  "COPY kept (text) FROM stdin;\nnew\n\\.\n",
  "MERGE INTO kept USING (SELECT 1 AS id) AS other ON kept.id = other.id WHEN MATCHED THEN DELETE",
  "WITH gone AS (DELETE FROM kept RETURNING *) SELECT * FROM gone",
  "INSERT INTO parts VALUES (2, 'two')",
  "INSERT INTO parts_1 VALUES (2, 'two')",
  "INSERT INTO seen (text) VALUES ('new')",
  "UPDATE ruled SET a = 1",
  "SELECT definer()",
  "DO $$ BEGIN INSERT INTO kept (text) VALUES ('new'); END $$",
  "SET ROLE colleague; INSERT INTO kept (text) VALUES ('new')",
  'INSERT INTO "odd "" name" ("b c") VALUES (1)',
  "SELECT nextval('numbers')",
  "SELECT setval('numbers', 7)",
  "SELECT lo_put(777, 0, 'l')",
  "SELECT lo_unlink(777)",
  "SELECT lo_create(778)",
  "BEGIN; SELECT lowrite(lo_open(777, 131072), 'l'); COMMIT",
  "SELECT 1 FROM kept FOR UPDATE",
  "BEGIN; SELECT 1; PREPARE TRANSACTION 'later'",
];

const definitionAttempts = [
  "CREATE TABLE another (a int)",
  "CREATE TEMP TABLE another (a int)",
  "CREATE TABLE another AS SELECT 1",
  "SELECT 1 INTO another",
  "EXPLAIN ANALYZE CREATE TABLE another AS SELECT 1",
  "DO $$ BEGIN EXECUTE 'CREATE TABLE another (a int)'; END $$",
  "CREATE SCHEMA another",
  "CREATE FUNCTION another() RETURNS int LANGUAGE sql AS 'SELECT 1'",
  "CREATE EXTENSION hstore",
  "ALTER TABLE kept ADD COLUMN more int",
  "ALTER TABLE kept DISABLE TRIGGER ALL",
  "ALTER TABLE kept OWNER TO colleague",
  "REASSIGN OWNED BY acme TO colleague",
  "DROP OWNED BY acme",
  "DROP TABLE kept CASCADE",
  "GRANT ALL ON kept TO acme",
  "GRANT ALL ON ALL TABLES IN SCHEMA public TO acme",
  "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC",
  "COMMENT ON TABLE kept IS 'new'",
  "ALTER LARGE OBJECT 777 OWNER TO colleague",
  "CREATE PUBLICATION another",
  "ALTER EVENT TRIGGER pgtenants_ddl DISABLE",
  "DROP EVENT TRIGGER pgtenants_ddl",
  "SET event_triggers = off",
  "SET session_replication_role = replica",
  "ALTER EXTENSION plpgsql DROP EVENT TRIGGER pgtenants_ddl",
  "DROP EXTENSION plpgsql CASCADE",
  "DROP SCHEMA pgtenants CASCADE",
  "CREATE OR REPLACE FUNCTION pgtenants.refuse_write() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
  "CALL pgtenants.thaw()",
  "SELECT * FROM pgtenants.taken",
  "DELETE FROM pgtenants.taken",
  "SET ROLE colleague; CREATE TABLE public.another (a int)",
];

const refused =
  /is refused: |permission denied|must be owner|must be superuser|prepared transactions are disabled|cannot execute .* in a read-only transaction/;

/** What a tenant can do to the settings of its own sessions, roles and database first. */
const switchedOff = `\\set ON_ERROR_STOP 0
  SET default_transaction_read_only = off; SET transaction_read_only = off; SET statement_timeout = 0;
  ALTER ROLE acme SET default_transaction_read_only = off; ALTER DATABASE acme RESET default_transaction_read_only;
  GRANT ALL ON DATABASE acme TO PUBLIC;
  \\set ON_ERROR_STOP 1
`;

describe("readOnly", () => {
  let before: string;
  let rows: string;
  beforeAll(async () => {
    before = await privileges();
    await limit({ readOnly: true });
    rows = await content();
  });

  test("a client that sets nothing gets the error that drivers know", async () => {
    expect((await as("SET statement_timeout = 0; INSERT INTO kept (text) VALUES ('new')")).stderr).toContain(
      "cannot execute INSERT in a read-only transaction",
    );
  });

  test.each([...rowAttempts, ...definitionAttempts])("%s", async (sql) => {
    expect((await as(switchedOff + sql)).stderr).toMatch(refused);
  });

  test("nothing of all this has changed anything", async () => {
    expect(await content()).toBe(rows);
  });

  test("reads go on, and the tenant's own dump, without a word of what is ours", async () => {
    expect((await as("SET statement_timeout = 0; SELECT text FROM kept; SELECT lo_get(777)")).stdout).toContain(
      "first",
    );
    const dumped = await exec(container, ["pg_dump", "host=127.0.0.1 user=acme password=nobodys dbname=acme"]);
    expect(dumped).toMatchObject({ code: 0 });
    expect(dumped.stdout).toContain("first");
    expect(dumped.stdout).not.toContain("EVENT TRIGGER");
    expect(dumped.stdout).not.toMatch(/pgtenants\.(objects|freeze)/);
  });

  test("what the superuser grants and makes meanwhile is taken away by the next deployment, and given with the rest", async () => {
    await inside(
      "GRANT DELETE ON public.kept TO third; CREATE TABLE public.later (a int); ALTER TABLE public.later OWNER TO acme",
    );
    await limit({ readOnly: true });
    expect((await as(`${switchedOff} INSERT INTO later VALUES (1)`)).stderr).toContain("permission denied");
    await inside("DROP TABLE public.later");
  });

  test("without it every privilege is as it was, and there is no trace", async () => {
    await limit({});
    await as("ALTER ROLE acme RESET default_transaction_read_only; REVOKE ALL ON DATABASE acme FROM PUBLIC");
    await inside("REVOKE DELETE ON public.kept FROM third");
    expect(await privileges()).toBe(before);
    expect(await inside("SELECT count(*) FROM pg_namespace WHERE nspname = 'pgtenants'")).toBe("0");
    expect(await inside("SELECT count(*) FROM pg_event_trigger")).toBe("0");
    expect(
      await as("SET statement_timeout = 0; INSERT INTO kept (text) VALUES ('again'); SELECT nextval('numbers')"),
    ).toMatchObject({ code: 0 });
  });

  test("sessions that write when it begins are ended, and others are not", async () => {
    const off = "SET statement_timeout = 0;";
    const writing = as(`${off} BEGIN; INSERT INTO kept (text) VALUES ('open'); SELECT pg_sleep(40); COMMIT`);
    const about = as(`${off} INSERT INTO kept (text) SELECT 'slow' FROM pg_sleep(40)`);
    const making = as(`${off} BEGIN; CREATE TABLE unseen (a int); SELECT pg_sleep(40); COMMIT`);
    const reading = as(`${off} SELECT count(*) FROM kept; SELECT pg_sleep(12), 'read'`);
    const begun = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(%' AND pid <> pg_backend_pid()";
    await expect.poll(() => inside(begun), { timeout: 20_000 }).toBe("4");
    await limit({ readOnly: true });
    for (const session of [writing, about, making])
      expect((await session).stderr).toMatch(/terminating connection|server closed/);
    expect((await reading).stdout).toContain("read");
    expect(await inside("SELECT count(*) FROM public.kept WHERE text IN ('open', 'slow')")).toBe("0");
    await limit({});
  });

  test("a role that may write everywhere is refused, with the words to mend it", async () => {
    await inside("GRANT pg_write_all_data TO third");
    await expect(limit({ readOnly: true })).rejects.toThrow();
    await inside("REVOKE pg_write_all_data FROM third");
    await limit({ readOnly: true });
  });
});

describe("allowDdl: false", () => {
  beforeAll(async () => {
    await limit({ allowDdl: false });
  });

  test.each(definitionAttempts)("%s", async (sql) => {
    expect((await as(switchedOff + sql)).stderr).toMatch(refused);
  });

  test.each([
    "INSERT INTO kept (text) VALUES ('new')",
    "DELETE FROM kept WHERE text = 'new'",
    "SELECT nextval('numbers')",
    "REFRESH MATERIALIZED VIEW counted",
    "REINDEX TABLE kept",
    "VACUUM ANALYZE kept",
    "BEGIN; SELECT lo_unlink(lo_create(0)); COMMIT",
    "SELECT definer()",
  ])("%s is allowed", async (sql) => {
    expect(await as(`SET statement_timeout = 0; ${sql}`)).toMatchObject({ code: 0, stderr: "" });
  });

  test("with it again, definitions change", async () => {
    await limit({});
    expect(await as("SET statement_timeout = 0; CREATE TABLE another (a int); DROP TABLE another")).toMatchObject({
      code: 0,
    });
  });
});
