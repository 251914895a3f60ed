// What pgt does with a tenant goes on where the tenant is closed.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nodeClient } from "../support/clients.ts";
import { pgtOutput } from "../support/pgt.ts";
import { outputOf } from "../support/shell.ts";
import { makeTestStack, type TestStack } from "../support/testStack.ts";

let at: TestStack;
/** A moment after a backup, when the tenant was open. */
let open: string;

async function query(id: string, sql: string) {
  const client = await nodeClient((await pgtOutput(at, "url", id, "--format", "nodePostgres")).trim());
  return client.query(sql).finally(() => client.end());
}

const ids = async (id: string) => (await query(id, "SELECT id FROM ledger ORDER BY id")).rows.map((row) => row.id);

/** Whether a tenant is as closed as it is to be, whatever its sessions set. */
async function isClosed(id: string) {
  await expect(query(id, "SET transaction_read_only = off; INSERT INTO ledger VALUES (9)")).rejects.toThrow(
    "permission denied for table ledger",
  );
  await expect(query(id, "SET transaction_read_only = off; DROP TABLE ledger")).rejects.toThrow(
    "DROP TABLE is refused",
  );
}

const confirmed = (id: string) => ["--yes", "--confirm", id];

beforeAll(async () => {
  at = await makeTestStack(["acme"]);
  await pgtOutput(at, "start");
  await query("acme", "CREATE TABLE ledger (id integer PRIMARY KEY)");
  await query("acme", "INSERT INTO ledger VALUES (1)");
  await pgtOutput(at, "backup", "acme", "--full");
  open = (await query("acme", "SELECT clock_timestamp()::text AS now")).rows[0]?.now;
  await sleep(1100);
  at.list("{ id: acme, readOnly: true, statementTimeout: 30 s }");
  await pgtOutput(at, "start");
}, 120_000);
afterAll(async () => {
  await at?.remove();
});

test("a backup, a drill, a dump, another password and a look for drift find nothing in their way", async () => {
  await isClosed("acme");
  expect(await pgtOutput(at, "drift")).not.toContain("acme");
  await pgtOutput(at, "backup", "acme", "--full");
  expect(await pgtOutput(at, "drill", "acme")).toMatch(/^acme: good, /m);
  const dumped = await pgtOutput(at, "dump", "acme", "--format", "plain");
  expect(dumped).toContain("CREATE TABLE public.ledger");
  expect(dumped).not.toMatch(/pgtenants|REVOKE/);
  await pgtOutput(at, "rotate", "acme");
  expect(await ids("acme")).toEqual([1]);
  await isClosed("acme");
}, 180_000);

test("restored in place to a time when it was open, it is closed again", async () => {
  await outputOf("docker", ["exec", at.container("acme"), "/usr/local/lib/pgtenants/archive-now.sh", "latest"]);
  await pgtOutput(at, "restore", "acme", "--in-place", "--to", open, ...confirmed("acme"));
  expect(await ids("acme")).toEqual([1]);
  await isClosed("acme");
  await pgtOutput(at, "restore", "acme", "--accept", ...confirmed("acme"));
}, 180_000);

test("under another name it stays closed; a masked copy of it is open", async () => {
  mkdirSync(join(at.folder, "project/masks"), { recursive: true });
  writeFileSync(join(at.folder, "project/masks/acme.sql"), "UPDATE ledger SET id = 7;\n");
  at.list(
    "{ id: acme-eu, renamedFrom: acme, readOnly: true }",
    "{ id: copy, from: { clone: acme-eu, mask: ./masks/acme.sql } }",
  );
  await pgtOutput(at, "start");
  await isClosed("acme-eu");
  expect(await ids("copy")).toEqual([7]);
  await query("copy", "INSERT INTO ledger VALUES (8); CREATE TABLE more (a int)");
  at.list("{ id: acme-eu, renamedFrom: acme }", "id: copy");
  await pgtOutput(at, "start");
  await query("acme-eu", "INSERT INTO ledger VALUES (2); CREATE TABLE more (a int)");
}, 180_000);
