import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { postgresImageTag } from "../../components/images.ts";
import { nodeClient } from "./support/clients.ts";
import { identity, inspect } from "./support/engine.ts";
import { answers } from "./support/imageContainer.ts";
import { type InstalledTenant, installPgs, type PgsInstall } from "./support/pgsInstall.ts";
import { pgt, pgtOutput } from "./support/pgt.ts";
import { outputOf, run } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

/** What somebody who was the superuser has made over time. */
const contents = readFileSync(new URL("../support/fixtures/pgs/contents.sql", import.meta.url), "utf8");

let at: TestStack;
let pgs: PgsInstall;
let before: string;
let dumped: string[];

const settings = () => readFileSync(join(at.folder, "project", `Pulumi.${at.name}.yaml`), "utf8");
const tenantsFile = () => readFileSync(join(at.folder, "tenants.yaml"), "utf8");
const importIt = () => pgt(at, ["--yes", "import", "pgs", pgs.folder]);
const identities = () => Promise.all([pgs.acme.container, pgs.globex.container, pgs.router].map(identity));

/** A connection string as pgs gives it. node-postgres would verify the certificate, which libpq does not with `sslmode=require`. */
const connect = ({ user, password, id }: InstalledTenant, database = id) => {
  const server = `${id}.${pgs.domain}:${at.port}`;
  const uri = `postgresql://${user}:${password}@${server}/${encodeURIComponent(database)}?sslmode=require`;
  return nodeClient(uri, "uselibpqcompat=true");
};

async function query(sql: string, tenant: InstalledTenant = pgs.acme, database?: string) {
  const client = await connect(tenant, database);
  return client.query(sql).finally(() => client.end());
}

/** A database as text: objects, owners, privileges and rows, line by line, without comments and what is random in a dump. */
async function dump(container: string, database: string): Promise<string[]> {
  const text = await outputOf("docker", ["exec", container, "pg_dump", database]);
  return text.split("\n").filter((line) => !/^(--|\\(un)?restrict )/.test(line));
}

beforeAll(async () => {
  at = await makeTestStack(["unused"]);
  rmSync(join(at.folder, "tenants.yaml"));
  pgs = await installPgs(at);
  await pgs.sql(pgs.acme, pgs.acme.id, contents);
  await pgs.sql(pgs.acme, "Archive 2025", "CREATE TABLE kept AS SELECT generate_series(1, 700) AS n");
  await pgs.sql(pgs.globex, pgs.globex.id, "CREATE TABLE kept AS SELECT generate_series(1, 42) AS n");
  before = pgs.texts();
  dumped = await dump(pgs.acme.container, pgs.acme.id);
});
afterAll(() => at?.remove());

describe("while pgs runs", () => {
  test("what stands against an import is told all at once, and nothing is stopped", async () => {
    const running = await identities();
    await pgs.sql(pgs.acme, pgs.acme.id, "CREATE ROLE pgtenants; SELECT pg_create_physical_replication_slot('old')");
    await pgs.sql(pgs.globex, pgs.globex.id, "ALTER ROLE globex_admin PASSWORD 'another one than the file says'");
    try {
      const { code, stderr } = await importIt();
      expect(code).toBe(1);
      expect(stderr).toContain(`${pgs.acme.id}: got the role pgtenants`);
      expect(stderr).toContain(`${pgs.acme.id}: got the replication slots old`);
      expect(stderr).toContain(`${pgs.globex.id}: got another password in docker-compose.yml than globex_admin has`);
      expect(await identities()).toEqual(running);
      expect(settings()).not.toContain(pgs.domain);
    } finally {
      await pgs.sql(pgs.acme, pgs.acme.id, "DROP ROLE pgtenants; SELECT pg_drop_replication_slot('old')");
      await pgs.sql(pgs.globex, pgs.globex.id, `ALTER ROLE globex_admin PASSWORD '${pgs.globex.password}'`);
    }
  });

  test.each([
    ["the deployment is refused", "proxyProtocolFrom", '["not a network"]'],
    ["the image does not run on the cluster", "postgresImage", "localhost/pgtenants/postgres:none"],
  ])("pgs runs on, or again, when %s", async (_, setting, value) => {
    await at.stack.setConfig(setting, { value });
    try {
      expect(await importIt()).toMatchObject({ code: 1 });
      await answers(pgs.acme.container);
      expect(await pgs.sql(pgs.globex, pgs.globex.id, "SELECT count(*) FROM kept")).toBe("42");
      expect(await inspect(pgs.acme.container, "{{.HostConfig.RestartPolicy.Name}}")).toBe("always");
      expect(settings()).not.toContain(pgs.domain);
    } finally {
      await at.stack.removeConfig(setting);
    }
  });
});

describe("the import", () => {
  test("takes over both tenants, and tells what the operator should know", async () => {
    const { code, stdout, stderr } = await importIt();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`${pgs.acme.id}: handed over to postgres: `);
    for (const part of [
      "it logs in with its old connection string",
      "not superusers any more, nor allowed to make roles, databases or replicas: second",
      "work_mem",
      "event trigger noted",
      "who()",
      "row level security is forced",
      "sorted by another version of the C library (the default)",
    ])
      expect(stdout).toContain(part);
    expect(stdout + tenantsFile() + settings()).not.toContain(pgs.acme.password);
    expect(tenantsFile()).toContain(`volume: ${pgs.acme.volume}`);
  }, 240_000);

  test("keeps every object, owner, privilege and row, but for what only a superuser can own", async () => {
    const now = await dump(at.container(pgs.acme.id), pgs.acme.id);
    const staying = ["FUNCTION public.note()", "PUBLICATION everything", "EVENT TRIGGER noted"];
    const owned = (owner: string) => staying.map((what) => `ALTER ${what} OWNER TO ${owner};`);
    expect(now.filter((line) => !dumped.includes(line))).toEqual(owned("pgtenants"));
    expect(dumped.filter((line) => !now.includes(line))).toEqual(owned("postgres"));
  });

  test("keeps what the user sees, with its own settings", async () => {
    const { rows } = await query(`SELECT current_user AS who, current_setting('timezone') AS zone,
      (SELECT count(*)::int FROM customers) AS customers, (SELECT n FROM reports) AS reports, shout('x'), who() AS definer,
      nextval('tickets')::int AS ticket, 1 === 1 AS same, convert_from(lo_get(4711), 'utf8') AS object`);
    expect(rows).toEqual([
      {
        ...{ who: "postgres", zone: "Asia/Tokyo", customers: 3000, reports: 1, shout: "X", definer: "postgres" },
        ...{ ticket: 101, same: true, object: "large object" },
      },
    ]);
    expect((await query("SELECT count(*)::int AS n FROM kept", pgs.acme, "Archive 2025")).rows).toEqual([{ n: 700 }]);
  });

  test("makes the user the owner: it changes, drops and makes what it likes", async () => {
    await query(`ALTER TABLE customers ADD note text; ALTER TYPE mood ADD VALUE 'fine'; ALTER DOMAIN email DROP NOT NULL;
      INSERT INTO customers (name) VALUES ('new'); REFRESH MATERIALIZED VIEW totals; DROP VIEW names; CREATE OR REPLACE FUNCTION shout(text)
      RETURNS text LANGUAGE sql AS 'SELECT $1'; DROP TABLE "Sales Dept"."Orders; DROP"; CREATE TABLE "Sales Dept".new (n integer);
      DROP TRIGGER stamped ON customers; DROP FUNCTION stamp; SELECT lo_unlink(4711); DROP PUBLICATION listed; CREATE SCHEMA own;
      DROP AGGREGATE longest(text); DROP SEQUENCE tickets; CREATE INDEX ON events (at)`);
    const { rows } = await query(`SELECT has_table_privilege('reader', '"Sales Dept".new', 'SELECT') AS read,
      has_table_privilege('reader', '"Sales Dept".new', 'INSERT') AS insert`);
    expect(rows).toEqual([{ read: true, insert: true }]);
  });

  test("leaves no superuser to clients: neither the user, nor who was one beside it", async () => {
    const second = { ...pgs.acme, user: "second", password: "not-a-secret" };
    for (const who of [pgs.acme, second]) {
      for (const sql of [
        "COPY (SELECT 1) TO PROGRAM 'cat'",
        "COPY (SELECT 1) TO '/tmp/written'",
        "ALTER SYSTEM SET archive_command = 'true'",
        "CREATE ROLE more SUPERUSER",
        "CREATE ROLE more",
        "CREATE DATABASE more",
        "ALTER ROLE postgres BYPASSRLS",
        "SET ROLE pgtenants",
        "GRANT pg_execute_server_program TO postgres",
      ])
        await expect(query(sql, who), `${who.user}: ${sql}`).rejects.toThrow(/permission denied/);
    }
  });

  test("leaves the one without access without a route, with its data", async () => {
    await expect(connect(pgs.globex)).rejects.toThrow();
    const psql = ["exec", at.container(pgs.globex.id), "psql", "-XAtc", "SELECT count(*) FROM kept", pgs.globex.id];
    expect(await outputOf("docker", psql)).toBe("42");
  });

  test("leaves the folder and pgs's containers as they were, apart from running", async () => {
    expect(pgs.texts()).toBe(before);
    for (const name of [pgs.acme.container, pgs.globex.container, pgs.router])
      expect(await inspect(name, "{{.State.Status}} {{.HostConfig.RestartPolicy.Name}}")).toBe("exited no");
  });

  test("keeps pgs from a volume that a tenant runs on", async () => {
    const tenant = await identity(at.container(pgs.acme.id));
    await run("docker", ["start", "--attach", pgs.acme.container]);
    const { stdout, stderr } = await run("docker", ["logs", "--tail", "3", pgs.acme.container]);
    expect(stdout + stderr).toContain("/usr/local/lib/pgtenants");
    expect(await inspect(pgs.acme.container, "{{.State.Running}}")).toBe("false");
    expect(await identity(at.container(pgs.acme.id))).toBe(tenant);
  });

  test("goes on where it failed, and restarts nothing", async () => {
    const server = at.container(pgs.acme.id);
    const tenant = await identity(server);
    const setPassword = (to: string) =>
      outputOf("docker", ["exec", server, "psql", "-Xqc", `ALTER ROLE postgres PASSWORD '${to}'`]);
    await setPassword("another one than clients have");
    try {
      const failed = await importIt();
      expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining("cannot log in as before") });
      expect(failed.stdout).toContain(`${pgs.globex.id}: handed over`);
    } finally {
      await setPassword(pgs.acme.password);
    }
    await outputOf("docker", ["exec", server, "psql", "-Xqc", "ALTER TABLE customers OWNER TO pgtenants", pgs.acme.id]);
    await outputOf("docker", ["rm", pgs.globex.container]);
    const { code, stdout } = await importIt();
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining("to postgres: 1 × table;") });
    expect(stdout).toContain("to globex_admin: nothing was left to do");
    expect((await query("SELECT count(*)::int AS rows FROM customers")).rows).toEqual([{ rows: 3001 }]);
    expect(await identity(server)).toBe(tenant);
  });
});

test("the way back that the manual tells works", async () => {
  await pgtOutput(at, "--yes", "remove", pgs.acme.id);
  const manual = readFileSync(new URL("../../docs/import-pgs.md", import.meta.url), "utf8");
  const [, script = ""] = /## The way back[\s\S]*?```sh\n([\s\S]*?)```/.exec(manual) ?? [];
  await outputOf("sh", ["-eu"], script, { volume: pgs.acme.volume, image: postgresImageTag(), user: "postgres" });
  await outputOf("docker", ["start", pgs.acme.container]);
  await answers(pgs.acme.container);
  const sql = `ALTER ROLE postgres PASSWORD '${pgs.acme.password}'; SELECT rolsuper, (SELECT count(*) FROM customers) FROM pg_roles WHERE oid = 10`;
  expect(await pgs.sql(pgs.acme, pgs.acme.id, sql)).toBe("t|3001");
});
