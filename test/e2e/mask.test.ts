// A copy with less than the original holds none of the rest, in no file.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderEncoded } from "../../components/pgbackrestConfig.ts";
import { archiveNow, type BackedUp, backUp, configOf, repositoryMount, startBackedUp } from "./support/backupBench.ts";
import { makeImageBench } from "./support/imageContainer.ts";
import { inDatabase } from "./support/importBench.ts";
import { type Finished, outputOf } from "./support/shell.ts";

const bench = makeImageBench();
afterAll(() => bench.remove());

/** Stands in nothing but the rows that a copy must not hold. */
const secret = "erika.mustermann@beispiel.example";
let server: BackedUp;

beforeAll(async () => {
  server = await startBackedUp(bench);
  const sql = `
    SET SESSION AUTHORIZATION acme;
    CREATE TABLE people (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text, kind text, note text, gone text);
    CREATE INDEX ON people (email);
    ALTER TABLE people ALTER note SET STORAGE EXTERNAL;
    INSERT INTO people (email, kind, note, gone) SELECT '${secret}', '${secret}', repeat('${secret} ', 500), '${secret}' FROM generate_series(1, 300);
    INSERT INTO people (email) VALUES ('kept@example.com');
    ALTER TABLE people DROP gone;
    CREATE TABLE erased (email text);
    INSERT INTO erased SELECT '${secret}' FROM generate_series(1, 300);
    CREATE STATISTICS pairs (mcv) ON email, kind FROM people;
    CREATE MATERIALIZED VIEW mails AS SELECT email FROM people;
    -- Of a kind that cannot be compressed.
    SELECT lo_from_bytea(4711, convert_to(string_agg(md5(n::text), '') || '${secret}', 'UTF8')) FROM generate_series(1, 30) AS n;
    CREATE SEQUENCE numbers;
    SELECT setval('numbers', 77);
    -- What a tenant may have left: it sees what goes, and tries what the superuser could.
    CREATE TABLE audit (what text);
    CREATE FUNCTION keeps() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO public.audit VALUES (session_user || ' ' || current_user);
      EXECUTE 'ALTER ROLE acme SUPERUSER';
      RETURN NULL;
    EXCEPTION WHEN insufficient_privilege THEN INSERT INTO public.audit VALUES ('refused'); RETURN NULL; END $$;
    CREATE TRIGGER keeps AFTER TRUNCATE OR UPDATE ON people FOR EACH STATEMENT EXECUTE FUNCTION keeps();
    DELETE FROM erased;
    ANALYZE;`;
  await inDatabase(server.container, "acme", sql);
  expect(await backUp(server, "full")).toMatchObject({ code: 0 });
  await inDatabase(server.container, "acme", `INSERT INTO people (email) VALUES ('${secret}')`);
  await archiveNow(server);
});

/** Fills a new volume as components/tenantClone.ts does. */
async function copy(schemaOnly: "yes" | "no", name = "", sql = ""): Promise<{ volume: string; finished: Finished }> {
  const volume = await bench.volume();
  const mounts = [
    ...["--mount", `type=volume,source=${volume},target=/var/lib/postgresql`],
    ...repositoryMount(server.repository, "readonly"),
  ];
  const input = renderEncoded(configOf(server)) + sql;
  return { volume, finished: await bench.runOnce("restore.sh", ["latest", "", schemaOnly, name], mounts, input) };
}

/** The files of a volume that hold the secret. */
async function filesWithSecret(volume: string): Promise<string[]> {
  const found = await bench.prepare(volume, `grep -rlaF '${secret}' /var/lib/postgresql || true`);
  return found.split("\n").filter((file) => file !== "");
}

async function inCopy(volume: string, sql: string): Promise<string> {
  const container = await bench.start(volume);
  try {
    return await inDatabase(container, "acme", sql);
  } finally {
    await outputOf("docker", ["rm", "--force", "--volumes", container]);
  }
}

const mask = `
  UPDATE people SET email = 'masked-' || id, kind = NULL, note = NULL WHERE email <> 'kept@example.com';
  SELECT lo_unlink(4711);
  REFRESH MATERIALIZED VIEW mails;
`;

test("a whole copy holds it wherever a row leaves something, so that the search finds what is there", async () => {
  const { volume, finished } = await copy("no");
  expect(finished).toMatchObject({ code: 0 });
  const nodes = (await filesWithSecret(volume)).map((file) => /base\/\d+\/(\d+)/.exec(file)?.[1] ?? file);
  const names = `SELECT string_agg(DISTINCT regexp_replace(pg_filenode_relation(0, node)::regclass::text, '\\d+', 'N'), ' ')
    FROM unnest('{${nodes.join(",")}}'::oid[]) AS node`;
  // A table, its big values, its index, a view's rows, rows that were deleted, large objects, and samples of both kinds.
  expect((await inCopy(volume, names)).split(" ")).toEqual([
    ...["erased", "mails", "people", "people_email_idx"],
    ...["pg_largeobject", "pg_statistic", "pg_statistic_ext_data", "pg_toast.pg_toast_N"],
  ]);
});

test("a masked copy holds it in no file, and the rest of its rows", async () => {
  const { volume, finished } = await copy("no", "masks/acme.sql", mask);
  expect(finished).toMatchObject({ code: 0 });
  expect(await filesWithSecret(volume)).toEqual([]);
  const left =
    "SELECT count(*), count(*) FILTER (WHERE email LIKE 'masked-%'), min(email) FILTER (WHERE email LIKE 'k%') FROM people";
  expect(await inCopy(volume, left)).toBe("302|301|kept@example.com");
  expect(await filesWithSecret(volume)).toEqual([]);
});

test("what the tenant left to run at a mask runs as the tenant", async () => {
  const { volume } = await copy("no", "masks/acme.sql", mask);
  expect(await inCopy(volume, "SELECT string_agg(what, ', ') FROM audit")).toBe("refused");
  expect(await inCopy(volume, "SELECT rolsuper FROM pg_roles WHERE rolname = 'acme'")).toBe("f");
});

test("a copy of the schema alone holds no row, begins its sequences anew, and fires no trigger", async () => {
  const { volume, finished } = await copy("yes");
  expect(finished).toMatchObject({ code: 0 });
  expect(await filesWithSecret(volume)).toEqual([]);
  const counts =
    "SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM audit), (SELECT count(*) FROM pg_largeobject), nextval('numbers')";
  expect(await inCopy(volume, counts)).toBe("0|0|0|1");
  expect(await inCopy(volume, "INSERT INTO people (email) VALUES ('first') RETURNING id")).toBe("1");
  expect(await inCopy(volume, "SELECT count(*) FROM pg_db_role_setting WHERE setrole = 'acme'::regrole")).toBe("0");
});

test("with both, the mask fills empty tables", async () => {
  const seed = "INSERT INTO people (email) SELECT 'seed-' || n FROM generate_series(1, 3) AS n";
  const { volume, finished } = await copy("yes", "seed.sql", seed);
  expect(finished).toMatchObject({ code: 0 });
  expect(await inCopy(volume, "SELECT string_agg(email, ' ' ORDER BY id) FROM people")).toBe("seed-1 seed-2 seed-3");
});

describe("nothing is made where", () => {
  test.each([
    [
      "the mask fails, which is told with its file and line",
      "masks/acme.sql",
      "\n\nUPDATE peple SET email = NULL;\n",
      'masks/acme.sql:3: ERROR:  relation "peple" does not exist',
    ],
    ["the mask is empty or was not found", "masks/acme.sql", "", "masks/acme.sql is empty, or not there"],
    [
      "the mask wants what only the superuser may",
      "masks/acme.sql",
      "COPY people TO PROGRAM 'cat'",
      "permission denied to COPY to or from an external program",
    ],
  ])("%s", async (_, name, sql, message) => {
    const { volume, finished } = await copy("no", name, sql);
    expect(finished.code).not.toBe(0);
    expect(finished.stderr).toContain(message);
    expect(await filesWithSecret(volume)).toEqual([]);
  });
});
