import { afterAll, beforeAll, expect, test } from "vitest";
import { pgt, pgtOutput } from "../support/pgt.ts";
import { ask, instance, listShared, onInstance } from "../support/sharedStack.ts";
import { makeTestStack, type TestStack } from "../support/testStack.ts";

/** pgt with tenants on an instance; and the instance's own backup and restore. */

let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack([], { deletionProtection: "true" }, "sp");
  listShared(at, onInstance("acme"), onInstance("globex", "schema"));
  await at.stack.up();
});
afterAll(async () => {
  await at?.stack.setConfig("deletionProtection", { value: "false" });
  if (at !== undefined) listShared(at, onInstance("acme"));
  await at?.stack.up();
  await at?.remove();
});

const uriOf = async (id: string): Promise<string> => (await pgtOutput(at, "url", id)).trim();

test("lists them with their instance, and hands out how they are reached", async () => {
  const { tenants } = JSON.parse(await pgtOutput(at, "list", "--json"));
  expect(tenants).toMatchObject([
    { id: instance, state: "running" },
    { id: "acme", state: "running", instance, isolation: "database" },
    { id: "globex", state: "running", instance, isolation: "schema" },
  ]);
  expect(await ask(await uriOf("acme"), "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("finds no drift, and the routes as the file says", async () => {
  const { code, stdout, stderr } = await pgt(at, ["drift"]);
  expect(code, stdout + stderr).toBe(0);
  expect((await pgt(at, ["doctor"])).stdout).toMatch(/routes, as the file says/);
});

test.each([
  ["backup"],
  ["backups"],
  ["logs"],
  ["clone", "--as", "copy"],
  ["restore", "--in-place", "--to", "latest"],
  ["drill"],
])("%s is refused for one of them, with the words for all", async (command, ...options) => {
  const { code, stdout, stderr } = await pgt(at, [command, "acme", ...options]);
  expect(code).not.toBe(0);
  expect(stdout + stderr).toContain(`acme has no server of its own: it shares ${instance}`);
  expect(stdout + stderr).not.toContain("    at ");
});

test("creates, dumps, rotates, removes and purges one", async () => {
  await pgtOutput(at, "create", "hooli", "--isolation", "database", "--instance", instance, "--max-connections", "20");
  const before = await uriOf("hooli");
  await ask(before, "CREATE TABLE things AS SELECT 7 AS id");
  expect(await pgtOutput(at, "dump", "hooli", "--format", "plain")).toContain("CREATE TABLE public.things");
  await pgtOutput(at, "rotate", "hooli");
  expect(await uriOf("hooli")).not.toBe(before);
  const { code, stderr } = await pgt(at, ["purge", "hooli", "--yes", "--confirm", "hooli"]);
  expect([code === 0, stderr]).toEqual([false, expect.stringContaining("expected a removed tenant")]);
  await pgtOutput(at, "remove", "hooli", "--yes");
  expect(await pgtOutput(at, "purge", "hooli", "--yes", "--confirm", "hooli")).toContain("is deleted");
  expect(await pgtOutput(at, "list", "--ids")).not.toContain("hooli");
  await pgtOutput(at, "create", "hooli", "--isolation", "database", "--instance", instance);
  await expect(ask(await uriOf("hooli"), "SELECT * FROM things")).rejects.toThrow(/does not exist/);
});

test("an instance is brought back to a moment, with everybody on it, and their passwords of now", async () => {
  await ask(await uriOf("acme"), "CREATE TABLE kept AS SELECT 1 AS id");
  await pgtOutput(at, "backup", instance, "--full");
  const [moment] = await ask<{ now: string }>(await uriOf("acme"), "SELECT now()::text AS now");
  await pgtOutput(at, "rotate", "acme");
  await ask(await uriOf("acme"), "DROP TABLE kept");
  await pgtOutput(at, "restore", instance, "--in-place", "--to", moment?.now ?? "", "--yes", "--confirm", instance);
  await expect
    .poll(async () => ask(await uriOf("acme"), "SELECT * FROM kept").catch(String), { timeout: 20_000 })
    .toEqual([{ id: 1 }]);
  await pgtOutput(at, "restore", instance, "--accept", "--yes", "--confirm", instance);
});
