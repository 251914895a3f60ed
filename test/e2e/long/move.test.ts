import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Ledger, startLedger } from "../../faults/support/ledger.ts";
import { nodeClient } from "../support/clients.ts";
import { inspect } from "../support/engine.ts";
import { pgt, pgtEvents, pgtOutput, pgtUntil } from "../support/pgt.ts";
import { ask, instance, listShared, onInstance } from "../support/sharedStack.ts";
import { run } from "../support/shell.ts";
import { makeTestStack, type TestStack } from "../support/testStack.ts";

/**
 * acme goes from its own server to the instance and back, while a client writes all the time; globex is a neighbour there. Nothing may be deleted by
 * an edit, as on a stack that people rely on.
 */

let at: TestStack;
let uri: string;
let neighbour: pg.Client;

/** Seconds. A copy of some MB, and one deployment. */
const longestWindow = 30;

beforeAll(async () => {
  at = await makeTestStack([], { deletionProtection: "true" }, "mv");
  listShared(at, "id: acme", onInstance("globex"), onInstance("hooli", "schema"), onInstance("initech"));
  await at.stack.up();
  const strings = await at.connectionStrings();
  uri = strings["acme"]?.uri ?? "";
  neighbour = await nodeClient(strings["globex"]?.uri ?? "");
  neighbour.on("error", () => undefined);
  await ask(
    uri,
    `CREATE SCHEMA app; CREATE EXTENSION pg_trgm; CREATE TYPE app.mood AS ENUM ('sad', 'ok');
     CREATE TABLE app.things (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, mood app.mood DEFAULT 'ok', name text CHECK (length(name) > 0));
     INSERT INTO app.things (name) SELECT 'thing ' || n FROM generate_series(1, 20000) AS n;
     CREATE INDEX ON app.things USING gin (name gin_trgm_ops); CREATE VIEW app.few AS SELECT * FROM app.things WHERE id < 10;
     ANALYZE app.things; CREATE SEQUENCE app.numbers; SELECT setval('app.numbers', 41); SELECT lo_from_bytea(777, 'large');
     ALTER DATABASE acme SET search_path = app, public; ALTER ROLE acme SET application_name = 'it''s; me'`,
  );
}, 300_000);
afterAll(async () => {
  try {
    await neighbour?.end();
    await at?.stack.setConfig("pgtenants:deletionProtection", { value: "false" });
    await at?.stack.up();
  } finally {
    await at?.remove();
  }
}, 300_000);

const file = () => readFileSync(join(at.folder, "tenants.yaml"), "utf8");
/** Changes nothing. */
const write = "INSERT INTO things (name) VALUES ('here'); DELETE FROM things WHERE name = 'here'";
const containers = async () => (await run("docker", ["ps", "--format", "{{.Names}}"])).stdout.split("\n");

/** What the tenant has beside its ledger. */
async function expectContent(): Promise<void> {
  const rows = await ask(
    uri,
    `SELECT (SELECT count(*)::int FROM things) AS things, (SELECT count(*)::int FROM few) AS few, nextval('numbers')::int AS next,
            convert_from(lo_get(777), 'UTF8') AS large, current_setting('application_name') AS name, current_database() AS database,
            (SELECT count(*)::int FROM pg_stats WHERE tablename = 'things') > 0 AS statistics, current_user AS role`,
  );
  const next = rows[0]?.["next"];
  const names = { name: "it's; me", database: "acme", role: "acme" };
  expect(rows).toEqual([{ things: 20_000, few: 9, next, large: "large", statistics: true, ...names }]);
  expect(next).toBeGreaterThan(41);
}

/** Moves under a write load, with a reader beside it, and gives the window. */
async function moveUnderLoad(to: string): Promise<number> {
  const ledger: Ledger = await startLedger(uri);
  const reads = { failed: 0, done: 0, stop: false };
  const reader = await nodeClient(uri);
  reader.on("error", () => undefined);
  const reading = (async () => {
    // Until the switch ends the session.
    while (!reads.stop && reads.failed === 0) {
      await reader.query("SELECT count(*) FROM app.things").then(
        () => (reads.done += 1),
        () => (reads.failed += 1),
      );
      await sleep(50);
    }
  })();
  try {
    await ledger.commits(5000, 20);
    const events = await pgtEvents(at, "move", "acme", "--to", to, "--yes");
    const window = events.find(({ event }) => event === "moved");
    await ledger.commits(10_000, 20);
    await ledger.stop();
    expect(await ledger.compare()).toEqual({ lost: [], broken: [] });
    expect(ledger.acknowledged()).toBeGreaterThan(40);
    expect(reads.done).toBeGreaterThan(10);
    if (window?.event !== "moved") throw new Error("no window was told");
    // What the client saw is what was told, and what its own pauses add.
    expect(ledger.recovery() / 1000).toBeLessThan(window.seconds + 6);
    expect(window.seconds).toBeLessThan(longestWindow);
    expect(Object.keys(window.parts)).toEqual(["closing", "copying", "comparing", "switching"]);
    return window.seconds;
  } finally {
    reads.stop = true;
    await ledger.stop();
    await reading;
    await reader.end().catch(() => undefined);
  }
}

test("to an instance under load: no commit is lost, what clients have goes on working, and the old place is kept", async () => {
  await ask(uri, "SELECT 1");
  await moveUnderLoad(instance);
  expect((await at.connectionStrings())["acme"]?.uri).toBe(uri);
  await expectContent();
  expect(file()).toMatch(/id: acme\n\s+isolation: database\n\s+instance: shared-1/);
  expect(file()).toMatch(/movedFrom: \{ isolation: dedicated \}/);
  expect(await containers()).toContain(at.container("acme"));
  // Kept, and closed to everybody.
  const login = await run("docker", [
    "exec",
    at.container("acme"),
    "psql",
    "-qAtc",
    "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'acme'",
  ]);
  expect(login.stdout.trim()).toBe("f");
  expect((await neighbour.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
}, 300_000);

test("what was written in the new place is not given up by a way back", async () => {
  const before = file();
  const { code, stderr } = await pgt(at, ["move", "acme", "--undo", "--yes"]);
  expect(code).toBe(1);
  expect(stderr).toContain("acme was written to since it was moved, and that would be lost; nothing was changed");
  expect(file()).toBe(before);
  await ask(uri, "INSERT INTO things (name) VALUES ('still open'); DELETE FROM things WHERE name = 'still open'");
}, 120_000);

test("with a place that is kept nothing drifts, and everything is stopped and started again", async () => {
  expect(await pgt(at, ["drift"])).toMatchObject({ code: 0 });
  await pgtOutput(at, "stop", "--yes");
  await pgtOutput(at, "start", "--yes");
  neighbour = await nodeClient((await at.connectionStrings())["globex"]?.uri ?? "");
  await ask(uri, write);
  const { stderr } = await pgt(at, ["move", "acme", "--undo", "--yes"]);
  expect(stderr).toContain("acme was written to since it was moved");
}, 300_000);

test("accepted, also where that was killed, the old server is gone with its volumes, and a plan has nothing to do", async () => {
  const args = ["move", "acme", "--accept", "--yes", "--confirm", "acme"];
  const killed = await pgtUntil(at, args, "discarded");
  if (killed.pid === undefined) throw new Error("no process");
  process.kill(killed.pid, "SIGKILL");
  await killed.ended;
  await pgtOutput(at, ...args);
  expect(file()).not.toMatch(/mov(ed|ing)|discarded/);
  expect(await containers()).not.toContain(at.container("acme"));
  const { stdout } = await run("docker", ["volume", "ls", "--quiet", "--filter", `name=${at.container("acme")}`]);
  expect(stdout.trim()).toBe("");
  await expectContent();
  expect((await at.stack.preview()).changeSummary).toEqual({ same: expect.any(Number) });
}, 300_000);

test("killed while the old place is closed, that opens by itself, and the same command goes on with it", async () => {
  const killed = await pgtUntil(at, ["move", "acme", "--to", "dedicated", "--yes"], "acme: copying");
  if (killed.pid === undefined) throw new Error("no process");
  process.kill(killed.pid, "SIGKILL");
  const dead = performance.now();
  let opened = false;
  while (!opened && performance.now() - dead < 20_000) {
    opened = await ask(uri, "INSERT INTO things (name) VALUES ('open') RETURNING id").then(
      () => true,
      () => false,
    );
  }
  expect(opened).toBe(true);
  await ask(uri, "DELETE FROM things WHERE name = 'open'");
  expect(file()).toContain("movingTo: { isolation: dedicated");
  await killed.ended;
}, 300_000);

test("and back under load, on with what was killed", async () => {
  await moveUnderLoad("dedicated");
  expect((await at.connectionStrings())["acme"]?.uri).toBe(uri);
  await expectContent();
  expect(await inspect(at.container("acme"), "{{.State.Running}}")).toBe("true");
}, 300_000);

test("back again where nothing was written, to what was there, and the copy is gone", async () => {
  await pgtOutput(at, "move", "acme", "--accept", "--yes", "--confirm", "acme");
  await ask(uri, "DROP TABLE ledger");
  const before = file();
  await pgtOutput(at, "move", "acme", "--to", instance, "--yes");
  const [row] = await ask(uri, "SELECT count(*)::int AS things FROM things");
  expect(row).toEqual({ things: 20_000 });
  const events = await pgtEvents(at, "move", "acme", "--undo", "--yes");
  expect(events.some(({ event }) => event === "moved")).toBe(true);
  expect(file()).toBe(before);
  await ask(uri, write);
  const left = "SELECT count(*) FROM pg_database WHERE datname = 'acme'";
  const { stdout } = await run("docker", ["exec", at.container(instance), "psql", "-qAtc", left]);
  expect(stdout.trim()).toBe("0");
}, 300_000);

/** Closes acme's database as a move does, in a session that lasts until it is told something. */
function closeByHand() {
  const child = spawn("docker", [
    ...[
      "exec",
      "--interactive",
      at.container("acme"),
      "/usr/local/lib/pgtenants/move.sh",
      "close",
      "acme",
      "acme",
      "acme",
    ],
  ]);
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.stdin.write(`${readFileSync(new URL("../../../components/freeze.sql", import.meta.url), "utf8")}\n-- end\n`);
  return {
    closed: async () => {
      while (!said.includes("closed")) {
        if (child.exitCode !== null) throw new Error("it was not closed");
        await sleep(20);
      }
    },
    keep: async () => {
      child.stdin.end("keep\n");
      await ended;
      return said.includes("kept");
    },
  };
}

test("what a lost machine leaves closed is opened by --undo, also where the file says nothing of a move any more", async () => {
  const { closed, keep } = closeByHand();
  await closed();
  expect(await keep()).toBe(true);
  await expect(ask(uri, write)).rejects.toThrow(/read-only|permission denied/);
  const { stderr } = await pgt(at, ["move", "acme", "--undo", "--yes"]);
  expect(stderr).toContain("acme neither moves nor was it moved; it can be written to");
  await ask(uri, write);
}, 120_000);

test("and by a deployment that reaches the tenant; a move that is under way sees that, and does not go on", async () => {
  const { closed, keep } = closeByHand();
  await closed();
  const before = file();
  writeFileSync(join(at.folder, "tenants.yaml"), before.replace("id: acme", "id: acme\n    statementTimeout: 50 s"));
  await at.stack.up();
  await ask(uri, write);
  expect(await keep()).toBe(false);
  await ask(uri, write);
  writeFileSync(join(at.folder, "tenants.yaml"), before);
  await at.stack.up();
}, 180_000);

test("a copy that fails leaves everything as it was", async () => {
  await ask(
    uri,
    `CREATE FUNCTION app.fits(text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
     CREATE TABLE app.checked (word text CHECK (app.fits(word))); INSERT INTO app.checked VALUES ('once');
     CREATE OR REPLACE FUNCTION app.fits(text) RETURNS boolean LANGUAGE sql AS 'SELECT false'`,
  );
  const before = file();
  const { code, stderr } = await pgt(at, ["move", "acme", "--to", instance, "--yes"]);
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining("the copy failed") });
  expect(stderr).toContain("acme is where it was, and can be written to");
  expect(file()).toBe(before);
  await ask(uri, `${write}; DROP TABLE app.checked; DROP FUNCTION app.fits`);
  const left = "SELECT count(*) FROM pg_database WHERE datname = 'acme'";
  const { stdout } = await run("docker", ["exec", at.container(instance), "psql", "-qAtc", left]);
  expect(stdout.trim()).toBe("0");
}, 300_000);

test("what an instance keeps of an earlier tenant of the same id stays", async () => {
  const earlier = (await at.connectionStrings())["initech"]?.uri ?? "";
  await ask(earlier, "CREATE TABLE old ()");
  await pgtOutput(at, "remove", "initech", "--yes");
  const entry = /\n {2}- \{ id: initech[^\n]*/;
  expect(file()).toMatch(entry);
  writeFileSync(join(at.folder, "tenants.yaml"), file().replace(entry, ""));
  await at.stack.up();
  await pgtOutput(at, "create", "initech", "--yes");
  const { code, stderr } = await pgt(at, ["move", "initech", "--to", instance, "--yes"]);
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("shared-1 has data of an earlier tenant of this id"),
  });
  await pgtOutput(at, "purge", "initech", "--yes", "--confirm", "shared-1/initech");
  await ask((await at.connectionStrings())["initech"]?.uri ?? "", "SELECT 1");
  await pgtOutput(at, "move", "initech", "--to", instance, "--yes");
  await pgtOutput(at, "move", "initech", "--undo", "--yes");
}, 300_000);

test("what cannot be moved is refused before anything is changed", async () => {
  const before = file();
  await ask(uri, "CREATE PUBLICATION everything");
  const refused = [
    [["acme", "--to", instance], "it has publications or subscriptions"],
    [["hooli", "--to", "dedicated"], "it has a schema among others in one database"],
    [["globex", "--to", instance], "globex is on shared-1 already"],
    [["globex", "--accept", "--yes", "--confirm", "globex"], "nothing is kept of a move of globex"],
    [["globex", "--undo", "--yes"], "globex neither moves nor was it moved"],
  ] as const;
  for (const [args, expected] of refused) {
    const { code, stderr } = await pgt(at, ["move", ...args, "--yes"]);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(expected) });
  }
  expect(file()).toBe(before);
}, 120_000);
