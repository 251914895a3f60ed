// What another server or a dump holds becomes a new tenant, row by row, or nothing does; and a dump does no more than the tenant itself may.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asSuperuser, exec, makeImageBench, shell } from "./support/imageContainer.ts";
import {
  contentOf,
  contentSql,
  inDatabase,
  leftOf,
  runImport,
  type Source,
  sourcePassword,
  startImport,
  startSource,
} from "./support/importBench.ts";
import { olderMajor, startOlderServer } from "./support/olderServer.ts";
import { outputOf } from "./support/shell.ts";

const bench = makeImageBench();
const folder = mkdtempSync(join(tmpdir(), "pgtenants-import-"));
const shop = readFileSync(join(import.meta.dirname, "../support/fixtures/shop.sql"), "utf8");
let source: Source;
let content: string;

beforeAll(async () => {
  source = await startSource(await bench.volume());
  const { code, stderr } = await exec(
    source.container,
    ["psql", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-", "shop"],
    `SET SESSION AUTHORIZATION app;\n${shop}`,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  content = await contentOf(source.container, "shop");
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await bench.remove();
});

/** Starts a server on a filled volume for as long as something looks at it. */
async function onServer<T>(volume: string, look: (container: string) => Promise<T>): Promise<T> {
  const container = await bench.start(volume);
  try {
    return await look(container);
  } finally {
    await outputOf("docker", ["rm", "--force", "--volumes", container]);
  }
}

/** What in a database does not belong to the tenant's role. */
const foreign = `
  SELECT relname FROM pg_class WHERE oid > 16383 AND relowner <> 'acme'::regrole AND relnamespace <> 'pg_toast'::regnamespace
  UNION ALL SELECT proname FROM pg_proc WHERE oid > 16383 AND proowner <> 'acme'::regrole
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
  UNION ALL SELECT nspname FROM pg_namespace WHERE oid > 16383 AND nspowner <> 'acme'::regrole
  UNION ALL SELECT extname FROM pg_extension WHERE oid > 16383 AND extowner <> 'acme'::regrole
  UNION ALL SELECT oid::text FROM pg_largeobject_metadata WHERE lomowner <> 'acme'::regrole`;

const isCluster = (volume: string) => bench.prepare(volume, '[ ! -e "$PGDATA" ] || echo yes');

describe("a server", () => {
  test("is there row by row afterwards, belongs to the tenant's role, and is asked once", async () => {
    const volume = await bench.volume();
    const { code, stdout, stderr } = await runImport(volume, { url: source.url() });
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("imported: 5 tables, 7073 rows"),
    });
    expect(stderr).toMatch(/the source is PostgreSQL 18.*dumping 5 tables.*dumped and counted.*loading 5 tables/s);
    expect(stdout + stderr).not.toContain(sourcePassword);
    expect(await leftOf(volume)).toEqual([]);
    await onServer(volume, async (container) => {
      expect(await contentOf(container, "acme")).toBe(content);
      expect(await inDatabase(container, "acme", foreign)).toBe("");
      expect(
        await inDatabase(container, "acme", "SELECT count(*) FROM pg_stats WHERE tablename = 'customers'"),
      ).not.toBe("0");
      const role =
        "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolpassword IS NULL FROM pg_authid WHERE rolname = 'acme'";
      expect(await asSuperuser(container, role)).toBe("f|f|f|f|t");
    });
    const nobody = "postgresql://app:password@192.0.2.1/shop";
    expect(await runImport(volume, { url: nobody })).toMatchObject({ code: 0, stderr: "" });
  });

  test("that refuses the password is one error without it, and nothing is made", async () => {
    const volume = await bench.volume();
    const wrong = "another word altogether";
    const { code, stdout, stderr } = await runImport(volume, { url: source.url(wrong) });
    expect(code).not.toBe(0);
    expect(stderr).toContain('password authentication failed for user "app"');
    expect(stderr).toContain("pulumi config set --secret --path imports.");
    expect(stdout + stderr).not.toContain(wrong);
    expect([await isCluster(volume), await leftOf(volume)]).toEqual(["", []]);
  });

  test("that is not there is one error", async () => {
    const volume = await bench.volume();
    const { code, stderr } = await runImport(volume, { url: "postgresql://app:hidden@127.0.0.1:1/shop" });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/the source does not let us in: .*Connection refused/);
    expect(stderr).not.toContain("hidden");
  });

  test("killed in the middle there is no cluster, and the next run begins anew", async () => {
    const volume = await bench.volume();
    const killed = startImport(volume, { url: source.url() });
    await killed.says("loading 5 tables");
    killed.kill();
    await killed.ended;
    expect(await isCluster(volume)).toBe("");
    expect(await runImport(volume, { url: source.url() })).toMatchObject({ code: 0 });
    expect(await leftOf(volume)).toEqual([]);
    expect(await onServer(volume, (container) => contentOf(container, "acme"))).toBe(content);
  });

  test("with an extension that no tenant can have is refused by the extension's name", async () => {
    await inDatabase(source.container, "shop", "CREATE EXTENSION dblink; CREATE EXTENSION pg_stat_statements");
    try {
      const volume = await bench.volume();
      const { code, stderr } = await runImport(volume, { url: source.url() });
      expect(code).not.toBe(0);
      expect(stderr).toContain("cannot have by itself: dblink (only a superuser may make it); declare them");
      expect([await isCluster(volume), await leftOf(volume)]).toEqual(["", []]);
    } finally {
      await inDatabase(source.container, "shop", "DROP EXTENSION dblink; DROP EXTENSION pg_stat_statements");
    }
  });

  test("whose rows are not all there afterwards is refused with the tables and numbers", async () => {
    // As if rows had got lost on the way: what was counted is changed when it is there.
    const real = await outputOf("sh", ["-c", "command -v docker"]);
    const change = "sed --in-place 's/ 2001]/ 2002]/' /counted/rows";
    writeFileSync(
      join(folder, "docker"),
      `#!/bin/bash
${real} "$@" || exit
if [[ "$*" =~ source=([^,]+),.*import-dump ]]; then
  ${real} run --rm --mount="type=volume,source=\${BASH_REMATCH[1]},target=/counted" --entrypoint=sh "$IMAGE" -c "${change}"
fi
`,
      { mode: 0o755 },
    );
    const volume = await bench.volume();
    const path = `${folder}:${process.env["PATH"]}`;
    const { code, stderr } = await startImport(volume, { url: source.url() }, "acme", 10_240, path).ended;
    expect(code).not.toBe(0);
    expect(stderr).toMatch(
      /do not hold what the source's do:\n +source .*"customers", 2002\]\n +here +.*"customers", 2001\]/,
    );
    expect([await isCluster(volume), await leftOf(volume)]).toEqual(["", []]);
  });

  test("with more than the tenant's disk holds is refused", async () => {
    const big =
      "CREATE UNLOGGED TABLE big AS SELECT n, md5(n::text) || repeat('x', 900) FROM generate_series(1, 300000) AS n";
    await inDatabase(source.container, "shop", `${big}; ALTER TABLE big OWNER TO app`);
    try {
      const { code, stderr } = await runImport(await bench.volume(), { url: source.url() }, "acme", 128);
      expect(code).not.toBe(0);
      expect(stderr).toContain("needs more than the tenant's disk of 128 MB");
    } finally {
      await inDatabase(source.container, "shop", "DROP TABLE big");
    }
  });
});

describe.skipIf(olderMajor === undefined)("an older server, on this machine", () => {
  test("is dumped by the newer pg_dump, and is there row by row", async () => {
    const older = await startOlderServer();
    try {
      await older.sql("app", shop);
      const volume = await bench.volume();
      const { code, stderr } = await runImport(volume, { url: `postgresql://app@localhost:${older.port}/shop` });
      expect({ code, stderr }).toMatchObject({
        code: 0,
        stderr: expect.stringContaining(`the source is PostgreSQL ${olderMajor}`),
      });
      // How a version writes a definition is its own affair.
      const data = (lines: string) => lines.split("\n").filter((line) => /^(rows|large|sequence|enum) /.test(line));
      const expected = data(await older.sql("postgres", contentSql));
      expect(expected.length).toBeGreaterThan(10);
      expect(data(await onServer(volume, (container) => contentOf(container, "acme")))).toEqual(expected);
    } finally {
      await older.stop();
    }
  });
});

/** Dumps the source as its role; gives the path. */
async function dumped(name: string, options: string): Promise<string> {
  const file = join(folder, name);
  const all = `pg_dump --no-owner --no-privileges ${options} shop`;
  await outputOf("sh", ["-euc", `docker exec "$1" sh -euc "$2" >"$3"`, "sh", source.container, all, file]);
  return file;
}

describe("a dump", () => {
  test.each([
    ["custom", () => dumped("custom", "--format=custom")],
    ["tar", () => dumped("tar", "--format=tar")],
    ["SQL", () => dumped("shop.sql", "--format=plain")],
    [
      "SQL with gzip",
      async () => {
        const file = join(folder, "shop.sql.gz");
        writeFileSync(file, gzipSync(readFileSync(await dumped("plain", "--format=plain"))));
        return file;
      },
    ],
    [
      "a folder",
      async () => {
        const into = join(folder, "directory");
        mkdirSync(into);
        const script =
          'docker exec "$1" sh -euc "rm -rf /tmp/d; pg_dump --format=directory --file=/tmp/d shop; tar -C /tmp/d -c ." | tar -C "$2" -x';
        await outputOf("sh", ["-euc", script, "sh", source.container, into]);
        return into;
      },
    ],
  ])("%s holds the same afterwards", async (_, make) => {
    const volume = await bench.volume();
    expect(await runImport(volume, { path: await make() })).toMatchObject({ code: 0 });
    expect(await onServer(volume, (container) => contentOf(container, "acme"))).toBe(content);
  });

  test.each([
    [
      "is cut off",
      "-- PostgreSQL database dump\n--\nCREATE TABLE t (id integer);\nCOPY t FROM stdin;\n1\n",
      "its last line is missing",
    ],
    [
      "has bad rows",
      "CREATE TABLE t (id integer);\nCOPY t FROM stdin;\n1\nx\n\\.\n",
      'invalid input syntax for type integer: "x"',
    ],
    ["names roles", "CREATE TABLE t ();\nALTER TABLE t OWNER TO bob;\n", 'line 2: ERROR:  role "bob" does not exist'],
    [
      "comes back as the superuser",
      "\\connect - pgtenants\n",
      'pg_hba.conf rejects connection for host "127.0.0.1", user "pgtenants"',
    ],
    ["is empty", "", "the dump is empty"],
    ["is a damaged archive", "PGDMP and nothing", "the dump cannot be read"],
    ["is damaged gzip", "\x1f\x8bno", "the dump is damaged"],
  ])("that %s is refused whole", async (name, text, message) => {
    const file = join(folder, name.replaceAll(" ", "-"));
    writeFileSync(file, text, "latin1");
    const volume = await bench.volume();
    const { code, stderr } = await runImport(volume, { path: file });
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
    expect([await isCluster(volume), await leftOf(volume)]).toEqual(["", []]);
  });
});

/** Each goes on where the one before failed; the last ones say what their container could see. */
const hostile = String.raw`
\set ON_ERROR_STOP off
CREATE TABLE seen (what text, found text);
COPY seen FROM PROGRAM 'echo got in';
COPY seen TO PROGRAM 'cat > /var/lib/postgresql/got-in';
COPY seen TO '/var/lib/postgresql/got-in';
COPY seen FROM '/etc/passwd';
INSERT INTO seen SELECT 'file', pg_read_file('/etc/passwd');
SELECT lo_import('/etc/passwd', 4242);
ALTER SYSTEM SET archive_command = 'touch /tmp/got-in';
CREATE ROLE intruder SUPERUSER LOGIN;
ALTER ROLE CURRENT_USER SUPERUSER;
GRANT pg_execute_server_program TO CURRENT_USER;
SET ROLE pgtenants;
SET SESSION AUTHORIZATION pgtenants;
UPDATE pg_authid SET rolsuper = true;
CREATE EXTENSION dblink;
CREATE EXTENSION file_fdw;
CREATE EXTENSION adminpack;
CREATE LANGUAGE plperlu;
CREATE FUNCTION system(cstring) RETURNS integer AS '/lib/x86_64-linux-gnu/libc.so.6', 'system' LANGUAGE c STRICT;
CREATE FUNCTION fires() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN ALTER ROLE acme SUPERUSER; END $$;
CREATE EVENT TRIGGER fires ON ddl_command_end EXECUTE FUNCTION fires();
CREATE FUNCTION definer() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN ALTER ROLE acme SUPERUSER; END $$;
ALTER FUNCTION definer() OWNER TO pgtenants;
SELECT definer();
CREATE DATABASE another;
ALTER DATABASE postgres OWNER TO CURRENT_USER;
CREATE FUNCTION pg_catalog.format(text) RETURNS text LANGUAGE sql AS 'SELECT 1::text';
CREATE FUNCTION public.indexed(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN ALTER ROLE acme SUPERUSER; RETURN 'x'; EXCEPTION WHEN OTHERS THEN RETURN 'y'; END $$;
CREATE INDEX ON seen (indexed(what));
ALTER DATABASE acme SET search_path = public;
ALTER ROLE acme SET search_path = public;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid();
\! touch /var/lib/postgresql/18/docker.partial/got-in /dump/got-in /etc/got-in
\! psql --host=127.0.0.1 --username=pgtenants --dbname=acme --command='ALTER ROLE acme SUPERUSER'
\! psql --host=/run/postgresql --username=pgtenants --dbname=acme --command='ALTER ROLE acme SUPERUSER'
\! psql --host=127.0.0.1 --dbname=postgres --command='CREATE TABLE got_in ()'
\set uid ${"`id -u`"}
\set links ${"`ls /sys/class/net`"}
\set volume ${"`ls -A /var/lib/postgresql`"}
\set secrets ${"`cat /tmp/pgpass /tmp/pg_service.conf`"}
INSERT INTO seen VALUES ('uid', :'uid'), ('links', :'links'), ('volume', :'volume'), ('secrets', :'secrets'), ('end', 'of all tries');
`;

test("a hostile dump gets no further than the tenant's own role, whatever it tries", async () => {
  const file = join(folder, "hostile.sql");
  writeFileSync(file, hostile);
  const volume = await bench.volume();
  const { code, stderr } = await runImport(volume, { path: file });
  expect({ code, stderr }).toMatchObject({ code: 0 });
  await onServer(volume, async (container) => {
    const seen = "SELECT what, found FROM seen ORDER BY what";
    expect(await inDatabase(container, "acme", seen)).toBe("end|of all tries\nlinks|lo\nsecrets|\nuid|65534\nvolume|");
    const roles =
      "SELECT rolname FROM pg_authid WHERE oid <> 10 AND (rolsuper OR rolcreaterole OR oid > 16383) ORDER BY 1";
    expect(await asSuperuser(container, roles)).toBe("acme");
    expect(await asSuperuser(container, "SELECT rolsuper FROM pg_authid WHERE rolname = 'acme'")).toBe("f");
    expect(await asSuperuser(container, "SELECT count(*) FROM pg_auth_members WHERE member = 'acme'::regrole")).toBe(
      "0",
    );
    expect(await asSuperuser(container, "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database")).toBe(
      "acme postgres template0 template1",
    );
    const settings = "SELECT to_regclass('got_in') IS NULL, setting FROM pg_settings WHERE name = 'archive_command'";
    expect(await asSuperuser(container, settings)).toBe("t|");
    const made =
      "SELECT (SELECT count(*) FROM pg_event_trigger), (SELECT string_agg(extname, ' ') FROM pg_extension), (SELECT count(*) FROM pg_largeobject_metadata)";
    expect(await inDatabase(container, "acme", made)).toBe("0|plpgsql|0");
    const superusers = "SELECT count(*) FROM pg_proc WHERE oid > 16383 AND proowner = 10";
    expect(await inDatabase(container, "acme", superusers)).toBe("0");
    expect(await shell(container, "find /var/lib/postgresql -name 'got-in'")).toBe("");
  });
});
