// Backups, restores and clones as an operator does them, on a whole stack.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nodeClient } from "./support/clients.ts";
import { identity } from "./support/engine.ts";
import { pgt, pgtOutput } from "./support/pgt.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;
let live: string;

const tenantsFile = () => readFileSync(join(at.folder, "tenants.yaml"), "utf8");
const backups = async (id: string) => JSON.parse(await pgtOutput(at, "backups", id, "--json"));
const statusOf = async (id: string) =>
  JSON.parse((await pgt(at, ["status", id, "--json"])).stdout).tenants.find((one: { id: string }) => one.id === id);

async function query(id: string, sql: string): Promise<Record<string, unknown>[]> {
  const url = (await pgtOutput(at, "url", id, "--format", "nodePostgres")).trim();
  const client = await nodeClient(url);
  const { rows } = await client.query(sql).finally(() => client.end());
  return rows;
}

/** The rows of the ledger, in order. */
async function ledger(id: string): Promise<unknown[]> {
  return (await query(id, "SELECT id FROM ledger ORDER BY id")).map((row) => row["id"]);
}

beforeAll(async () => {
  at = await makeTestStack(["acme"]);
  await at.stack.up();
  live = await identity(at.container("acme"));
  await query("acme", "CREATE TABLE ledger (id integer PRIMARY KEY)");
  await query("acme", "INSERT INTO ledger VALUES (1)");
});
afterAll(() => at?.remove());

test("before there is a backup, a time cannot be had, and the file stays as it is", async () => {
  const before = tenantsFile();
  const [now] = await query("acme", "SELECT now()::text AS at");
  const refused = await pgt(at, ["restore", "acme", "--to", String(now?.["at"]), "--as", "acme-past"]);
  // The first backup may have been made by itself meanwhile; then the time is before its end.
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("nothing was changed") });
  expect(tenantsFile()).toBe(before);
});

test("a backup is made on demand, and shows what can be brought back", async () => {
  await pgtOutput(at, "backup", "acme", "--full");
  await query("acme", "INSERT INTO ledger VALUES (2)");
  expect(await pgtOutput(at, "backup", "acme")).toMatch(/acme: backup \d{8}-\d{6}F_\d{8}-\d{6}I is there/);
  const found = await backups("acme");
  expect(found.backups.map(({ type }: { type: string }) => type).slice(-2)).toEqual(["full", "incr"]);
  expect(found).toMatchObject({ enabled: true, archiving: { failing: false } });
  expect(await statusOf("acme")).toMatchObject({ level: "healthy", backups: { enabled: true } });
  expect(await pgtOutput(at, "status")).toMatch(/^acme +healthy .* \d+ s +\d+ s +none yet$/m);
});

test("a moment comes back beside the live tenant, which nobody disturbs", async () => {
  await query("acme", "INSERT INTO ledger VALUES (3)");
  const [moment] = await query("acme", "SELECT clock_timestamp()::text AS at, pg_sleep(1.5)");
  await query("acme", "INSERT INTO ledger VALUES (4)");
  await pgtOutput(at, "restore", "acme", "--to", String(moment?.["at"]), "--as", "acme-past");
  expect(await ledger("acme-past")).toEqual([1, 2, 3]);
  expect(await ledger("acme")).toEqual([1, 2, 3, 4]);
  expect(await identity(at.container("acme"))).toBe(live);
  expect(tenantsFile()).toContain("clone: acme");
});

test("a clone has what was committed just before, a password of its own, and goes its own way", async () => {
  await query("acme", "INSERT INTO ledger VALUES (5)");
  await pgtOutput(at, "clone", "acme", "--as", "acme-copy");
  expect(await ledger("acme-copy")).toEqual([1, 2, 3, 4, 5]);
  const [own, copied] = await Promise.all(
    ["acme", "acme-copy"].map(async (id) => (await pgtOutput(at, "url", id, "--format", "pgpass")).trim()),
  );
  expect(own?.split(":").at(-1)).not.toBe(copied?.split(":").at(-1));
  await query("acme-copy", "INSERT INTO ledger VALUES (100)");
  // Its backups are its own.
  await pgtOutput(at, "backup", "acme-copy", "--full");
  await query("acme-copy", "INSERT INTO ledger VALUES (101)");
  await pgtOutput(at, "clone", "acme-copy", "--as", "acme-third");
  expect(await ledger("acme-third")).toEqual([1, 2, 3, 4, 5, 100, 101]);
  expect(await ledger("acme")).toEqual([1, 2, 3, 4, 5]);
});

test.each([
  [["--to", "2099-01-01 00:00:00Z"], "expected a time before"],
  [["--to", "2001-01-01 00:00:00Z"], "expected a time after"],
  [["--to", "2026-11-21 12:00:00"], "a time with its zone"],
  [["--to", "yesterday"], "a time with its zone"],
])("restore %s is refused with what was expected", async (target, why) => {
  const before = tenantsFile();
  const refused = await pgt(at, ["restore", "acme", ...target, "--as", "acme-never"]);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(why) });
  expect(tenantsFile()).toBe(before);
});

test("what is only found out by the restore fails the deployment, and leaves no tenant that looks right", async () => {
  const failed = await pgt(at, ["restore", "acme", "--to", "name no-such-point", "--as", "acme-never"]);
  expect(failed.code).toBe(2);
  expect(failed.stdout + failed.stderr).toContain('do not lead to name "no-such-point"');
  expect(await outputOf("docker", ["ps", "--all", "--quiet", "--filter", `name=${at.container("acme-never")}`])).toBe(
    "",
  );
  at.list("id: acme", "{ id: acme-past, from: { clone: acme } }");
  await at.stack.up();
  expect(await ledger("acme-past")).toEqual([1, 2, 3]);
});

test("the tenant that a clone began with may go", async () => {
  at.list("{ id: acme-past, from: { clone: acme } }");
  await at.stack.up();
  expect(await ledger("acme-past")).toEqual([1, 2, 3]);
  at.list("{ id: acme-past, from: { clone: acme } }", "id: acme");
  await at.stack.up();
});

test("backups can be turned off and on in place", async () => {
  const container = await identity(at.container("acme-past"));
  at.list("{ id: acme-past, backup: { enabled: false } }", "id: acme");
  await at.stack.up();
  expect(await pgtOutput(at, "status")).toMatch(/^acme-past +healthy .* off +off/m);
  expect(await pgt(at, ["clone", "acme-past", "--as", "acme-never"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("its backups are off"),
  });
  at.list("{ id: acme-past, backup: { full: 0 3 * * 6, keepDays: 30 } }", "id: acme");
  await at.stack.up();
  await query("acme-past", "INSERT INTO ledger VALUES (7)");
  await pgtOutput(at, "backup", "acme-past", "--full");
  await pgtOutput(at, "clone", "acme-past", "--as", "acme-again");
  expect(await ledger("acme-again")).toEqual([1, 2, 3, 7]);
  expect(await identity(at.container("acme-past"))).toBe(container);
});
