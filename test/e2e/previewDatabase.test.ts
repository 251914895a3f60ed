// Databases of pull requests, on a stack whose tenants are protected.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { removeProtected } from "../faults/support/removeProtected.ts";
import { nodeClient } from "./support/clients.ts";
import { identity } from "./support/engine.ts";
import { pgt, pgtEnvironment, pgtOutput } from "./support/pgt.ts";
import { outputOf, run } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;

const preview = (...args: readonly string[]) => pgt(at, ["preview-database", ...args]);
const previewOutput = (...args: readonly string[]) => pgtOutput(at, "preview-database", ...args);
const listed = async (): Promise<{ id: string; until: string }[]> => JSON.parse(await previewOutput("list", "--json"));

/** The containers and volumes of the stack that have something to do with a tenant. */
async function madeFor(id: string): Promise<string[]> {
  const filter = ["--filter", `label=dev.pgtenants.stack=${at.name}`];
  const containers = await outputOf("docker", ["ps", "--all", "--format", "{{.Names}}", ...filter]);
  const volumes = await outputOf("docker", ["volume", "ls", "--quiet", ...filter]);
  return `${containers}\n${volumes}`.split("\n").filter((name) => name.includes(`.${id}`));
}

const urlIn = (file: string) => /^DATABASE_URL=(.*)$/m.exec(readFileSync(file, "utf8"))?.[1] ?? "";

async function query(uri: string, sql: string) {
  const client = await nodeClient(uri.replace(/[?&]sslrootcert=[^&]*/, ""), `sslrootcert=${at.caFile}`);
  return client.query(sql).finally(() => client.end());
}

/** A project's own tests, which know no more than DATABASE_URL. The test's host names are in no DNS. */
const suite = `import assert from "node:assert/strict";
import { Socket } from "node:net";
import { after, test } from "node:test";
import pg from "pg";

class Loopback extends Socket {
  connect(port) { return super.connect({ port: Number(port), host: "127.0.0.1" }); }
}
const client = new pg.Client({ connectionString: process.env.DATABASE_URL, stream: () => new Loopback() });
await client.connect();
after(() => client.end());
test("the masked rows are there", async () => {
  const { rows } = await client.query("SELECT email FROM people ORDER BY id");
  assert.deepEqual(rows.map(({ email }) => email), ["user1@example.com", "user2@example.com"]);
});
test("a migration can be tried", async () => {
  await client.query("ALTER TABLE people ADD COLUMN name text DEFAULT 'nobody' NOT NULL");
  await client.query("INSERT INTO people (id, email) VALUES (3, 'new@example.com')");
  assert.equal((await client.query("SELECT count(*)::int AS n FROM people WHERE name = 'nobody'")).rows[0].n, 3);
});
`;

beforeAll(async () => {
  at = await makeTestStack([], { deletionProtection: "true" });
  at.list("id: acme");
  await pgtOutput(at, "start");
  const uri = (await pgtOutput(at, "url", "acme")).trim();
  await query(
    uri,
    "CREATE TABLE people AS SELECT id, 'real' || id || '@acme.test' AS email FROM generate_series(1, 2) AS id",
  );
  writeFileSync(join(at.folder, "mask.sql"), "UPDATE people SET email = 'user' || id || '@example.com';\n");
  writeFileSync(join(at.folder, "wrong.sql"), "UPDATE nobody SET email = '';\n");
}, 180_000);
afterAll(async () => {
  if (at !== undefined) await preview("sweep", "--open", "");
  await removeProtected(at, ["acme"]);
});

test("a pull request gets a masked copy; its tests run on it; the tenant that it is a copy of does not notice", async () => {
  const before = await identity(at.container("acme"));
  const output = join(at.folder, "output");
  const args = ["preview-database", "create", "--pr", "12", "--from", "acme", "--mask", join(at.folder, "mask.sql")];
  const main = [...args, "--output", output];
  const made = await pgtWith({ GITHUB_ACTIONS: "true" }, main);
  expect(made).toMatchObject({ code: 0 });
  const url = urlIn(output);
  // Hidden from the first line that holds it on, and only there.
  expect(made.stdout.split("\n").filter((line) => line.includes(url))).toEqual([`::add-mask::${url}`]);

  writeFileSync(join(at.folder, "project", "app.test.mjs"), suite);
  const tried = await run(process.execPath, ["--test", join(at.folder, "project", "app.test.mjs")], "", {
    DATABASE_URL: url,
  });
  expect(tried).toMatchObject({ code: 0, stdout: expect.stringContaining("pass 2") });
  expect(await identity(at.container("acme"))).toBe(before);

  // The next push asks again: the same database, with what the tests left in it.
  const again = await previewOutput("create", "--pr", "12", "--from", "acme");
  expect(again).toContain(url);
  expect((await query(url, "SELECT count(*)::int AS n FROM people")).rows).toEqual([{ n: 3 }]);
});

test("it is in no file, and later deployments leave it alone; it is there for a week", async () => {
  expect(existsSync(join(at.folder, "tenants.yaml"))).toBe(true);
  expect(readFileSync(join(at.folder, "tenants.yaml"), "utf8")).not.toContain("pr-12");
  const before = await identity(at.container("pr-12"));
  await pgtOutput(at, "start");
  expect(await identity(at.container("pr-12"))).toBe(before);
  const [only] = await listed();
  const days = (Date.parse(only?.until ?? "") - Date.now()) / 86_400_000;
  expect(only?.id).toBe("pr-12");
  expect(days).toBeGreaterThan(6.9);
  expect(days).toBeLessThan(7);
});

test("no preview database has the id of a tenant, and no tenant that of a preview database", async () => {
  at.list("id: acme", "id: pr-13");
  expect(await preview("create", "--pr", "13")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("an id of its own"),
  });
  at.list("id: acme", "id: pr-12");
  await expect(at.stack.preview()).rejects.toThrow('got "pr-12", expected an id that no preview database has');
  at.list("id: acme");
});

test("nothing else is deployed on the way", async () => {
  at.list("{ id: acme, memory: 512 MB }", "id: globex");
  const refused = await preview("create", "--pr", "14");
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("not deployed yet, of globex, acme") });
  expect((await preview("delete", "--pr", "12")).code).toBe(1);
  expect(await madeFor("globex")).toEqual([]);
  at.list("id: acme");
});

test("data that is kept of a tenant is never taken over", async () => {
  await pgtOutput(at, "create", "pr-15");
  await pgtOutput(at, "remove", "pr-15", "--yes");
  at.list("id: acme");
  await pgtOutput(at, "start");
  const refused = await preview("create", "--pr", "15");
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("pgt purge pr-15") });
  expect(await madeFor("pr-15")).toContain(at.container("pr-15"));
  await pgtOutput(at, "purge", "pr-15", "--yes", "--confirm", "pr-15");
});

test("one that cannot be masked is not there, and nothing is left of it", async () => {
  const failed = await preview("create", "--pr", "16", "--from", "acme", "--mask", join(at.folder, "wrong.sql"));
  expect(failed.code).toBe(2);
  expect(failed.stderr).toContain("nobody");
  expect(await madeFor("pr-16")).toEqual([]);
  expect((await listed()).map(({ id }) => id)).toEqual(["pr-12"]);
});

test("closed, it is gone with container, volumes and route, also when it is closed twice", async () => {
  const url = (await pgtOutput(at, "url", "pr-12")).trim();
  expect(await previewOutput("delete", "--pr", "12")).toContain("pr-12: gone, with all data");
  expect(await madeFor("pr-12")).toEqual([]);
  await expect(query(url, "SELECT 1")).rejects.toThrow();
  expect(await previewOutput("delete", "--pr", "12")).toContain("there is no pr-12");
});

test("whose time is up goes with the next deployment, whatever that is for; the sweeper takes those that are closed", async () => {
  await previewOutput("create", "--pr", "17", "--expires", "1 min");
  await previewOutput("create", "--pr", "18");
  const [first] = (await listed()).filter(({ id }) => id === "pr-17");
  await sleep(Math.max(0, Date.parse(first?.until ?? "") - Date.now()) + 1000);
  expect(await pgt(at, ["plan"])).toMatchObject({ code: 0, stdout: expect.stringContaining("1 removed") });
  await pgtOutput(at, "start");
  expect(await madeFor("pr-17")).toEqual([]);
  expect((await listed()).map(({ id }) => id)).toEqual(["pr-18"]);

  expect(await previewOutput("sweep", "--open", "18")).toContain("nothing to sweep");
  expect((await pgt(at, ["doctor"])).stdout).toMatch(/routes +2 routes, as the file says/);
  expect(await previewOutput("sweep", "--open", "3, 4")).toContain("pr-18: gone, with all data");
  expect(await madeFor("pr-18")).toEqual([]);
});

test("an entry whose time is up is not made again, however often is deployed, and is no drift", async () => {
  at.list("id: acme", "{ id: trial, ephemeral: { expires: 1 min } }");
  await pgtOutput(at, "start");
  expect(await madeFor("trial")).toContain(at.container("trial"));
  await sleep(61_000);
  for (const _ of [1, 2]) {
    await pgtOutput(at, "start");
    expect(await madeFor("trial")).toEqual([]);
  }
  expect(await pgt(at, ["drift"])).toMatchObject({ code: 0, stdout: expect.not.stringContaining("trial") });
  expect(await pgt(at, ["plan"])).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing changes") });
  at.list("id: acme");
  await pgtOutput(at, "start");
});

test("to stop everything ends it; its volume may be lost without holding up anybody", async () => {
  await previewOutput("create", "--pr", "19");
  await outputOf("docker", ["rm", "--force", at.container("pr-19")]);
  await outputOf("docker", ["volume", "rm", at.container("pr-19")]);
  await pgtOutput(at, "start");
  await pgtOutput(at, "--yes", "stop");
  expect(await madeFor("pr-19")).toEqual([]);
  await pgtOutput(at, "start");
  expect(await madeFor("acme")).toContain(at.container("acme"));
  expect(await listed()).toEqual([]);
});

function pgtWith(environment: Record<string, string>, args: readonly string[]) {
  const main = new URL("../../cli/pgt/main.ts", import.meta.url).pathname;
  return run(process.execPath, [main, ...args], "", { ...pgtEnvironment(at), ...environment });
}
