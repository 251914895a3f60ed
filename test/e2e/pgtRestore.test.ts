// pgt drill, and restores in place, on a whole stack.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nodeClient } from "./support/clients.ts";
import { inspect } from "./support/engine.ts";
import { until } from "./support/imageContainer.ts";
import { pgt, pgtAnswered, pgtOutput, pgtUntil } from "./support/pgt.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;

const confirmed = (id: string) => ["--yes", "--confirm", id];
const url = async (id: string) => (await pgtOutput(at, "url", id, "--format", "nodePostgres")).trim();
const containerId = () => inspect(at.container("acme"), "{{.Id}}");
const backups = async (id = "acme") => JSON.parse((await pgt(at, ["backups", id, "--json"])).stdout);

async function query(sql: string) {
  const client = await nodeClient(await url("acme"));
  return client.query(sql).finally(() => client.end());
}

const ids = async () => (await query("SELECT id FROM ledger ORDER BY id")).rows.map(({ id }) => id);

/** A moment in which these are all rows; a backup is chosen by whole seconds. */
async function moment(): Promise<string> {
  const { rows } = await query("SELECT clock_timestamp()::text AS now");
  await sleep(1100);
  return rows[0]?.now;
}

/** What there is on the engine of containers and volumes that are to be thrown away. */
async function thrownAway(): Promise<string> {
  const filter = ["--filter", `label=dev.pgtenants.throwaway=${at.name}`];
  const containers = await outputOf("docker", ["ps", "--all", "--format", "{{.Names}}", ...filter]);
  return `${containers}${await outputOf("docker", ["volume", "ls", "--quiet", ...filter])}`;
}

beforeAll(async () => {
  at = await makeTestStack([]);
  at.list("id: acme", "id: globex", "{ id: initech, backup: { enabled: false } }");
  await pgtOutput(at, "start");
  await query("CREATE TABLE ledger (id integer PRIMARY KEY)");
  await query("INSERT INTO ledger VALUES (1)");
}, 180_000);
afterAll(async () => {
  await at?.remove();
});

test("a drill without a backup says so, with 1; with one it is good, with 0, and leaves nothing but its record", async () => {
  expect(await pgt(at, ["drill", "initech"])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("pgt backup initech --full"),
  });
  await pgt(at, ["backup", "acme", "--full"]);
  await until(async () => (await backups()).backups.length > 0, "acme has a backup");
  const told = await pgtOutput(at, "drill", "acme");
  expect(told).toMatch(/^acme: good, \d{8}-\d{6}F of .* and WAL to 0\/[0-9A-F]+ of .* MiB$/m);
  for (const check of ["restore", "checksums", "start", "amcheck", "count", "rows"]) {
    expect(told).toMatch(new RegExp(`^  ${check} +ok `, "m"));
  }
  expect(await thrownAway()).toBe("");
  expect(await pgtOutput(at, "backups", "acme")).toMatch(/^acme: last drill at .*: good, /m);
  expect(await backups()).toMatchObject({ drill: { verdict: "good", reasons: [] } });
});

test("a drill is due once: then it is the others' turn", async () => {
  expect(await pgtOutput(at, "drill", "acme", "--due", "7d")).toBe("no tenant is due\n");
  // The scheduler may be at it.
  await pgt(at, ["backup", "globex", "--full"]);
  await until(async () => (await backups("globex")).backups.length > 0, "globex has a backup");
  const { drills } = JSON.parse(await pgtOutput(at, "drill", "--due", "7d", "--most", "1", "--json"));
  expect(drills).toMatchObject([{ id: "globex", verdict: "good" }]);
  expect(JSON.parse(await pgtOutput(at, "drill", "--due", "7d", "--json"))).toEqual({ drills: [] });
  expect(await pgt(at, ["drill", "--due", "soon"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('got "soon"'),
  });
  expect(await pgt(at, ["drill", "acne"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("did you mean acme?"),
  });
});

test("an interrupted drill leaves nothing, and the next one removes what a killed one left", async () => {
  const interrupted = await pgtUntil(at, ["drill", "acme"], "acme: restoring");
  interrupted.interrupt();
  expect(await interrupted.ended).toMatchObject({ code: 130, output: expect.stringContaining("error: interrupted") });
  expect(await thrownAway()).toBe("");

  const killed = await pgtUntil(at, ["drill", "acme"], "acme: restoring");
  while ((await thrownAway()) === "") await sleep(20);
  process.kill(killed.pid ?? 0, "SIGKILL");
  await killed.ended;
  expect(await thrownAway()).not.toBe("");
  await pgtOutput(at, "drill", "acme");
  expect(await thrownAway()).toBe("");
});

test("a page that is damaged on disk fails the next backup, and the last good one stays; damage to that is found by the drill, with 2", async () => {
  const container = at.container("globex");
  const sql = (text: string) =>
    outputOf("docker", ["exec", container, "psql", "--no-psqlrc", "--tuples-only", "--no-align", "--command", text]);
  await pgtOutput(at, "backup", "globex", "--full");
  await sql("CREATE TABLE damaged WITH (autovacuum_enabled = off) AS SELECT generate_series(1, 5000) AS id");
  await sql("CHECKPOINT");
  const file = await sql("SELECT current_setting('data_directory') || '/' || pg_relation_filepath('damaged')");
  const flip = (path: string) => `printf x | dd of="${path}" bs=1 seek=12000 conv=notrunc status=none`;
  await outputOf("docker", ["exec", container, "sh", "-euc", flip(file)]);
  const failed = await pgt(at, ["backup", "globex", "--full"]);
  expect(failed.code).not.toBe(0);
  expect(failed.stdout + failed.stderr).toMatch(/invalid page/);
  const told = await pgt(at, ["backups", "globex"]);
  expect(told).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/last backup \(full\) failed at .*invalid page/),
  });
  await sql("DROP TABLE damaged");
  expect(await pgtOutput(at, "drill", "globex")).toMatch(/^globex: good, /m);

  const { label } = (await backups("globex")).backups.at(-1);
  const largest = `find /var/lib/pgbackrest/*/backup/tenant/${label} -type f -printf '%s %p\\n' | sort -n | tail -n 1 | cut -d ' ' -f 2`;
  await outputOf("docker", ["exec", container, "sh", "-euc", flip(`$(${largest})`)]);
  const { code, stdout } = await pgt(at, ["drill"]);
  expect(code).toBe(2);
  expect(stdout).toMatch(/^acme: good, /m);
  expect(stdout).toMatch(/^globex: bad, [\s\S]*^ {2}restore +error /m);
  const after = await pgt(at, ["backups", "globex"]);
  expect(after).toMatchObject({ code: 1, stdout: expect.stringMatching(/last drill at .*: bad, /) });
});

test("in place: rows of the past, connection of now, the same container; and back again", async () => {
  const before = await moment();
  await query("INSERT INTO ledger VALUES (2)");
  const passed = await url("acme");
  await pgtOutput(at, "rotate", "acme");
  const id = await containerId();

  expect(await pgt(at, ["restore", "acme", "--in-place", "--to", before], "no\n")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('got "no", expected acme; nothing was changed'),
  });
  const told = await pgtAnswered(at, "acme\n", "restore", "acme", "--in-place", "--to", before);
  expect(told).toMatch(/acme: ready \d+\.\d s\n[\s\S]*--accept deletes what was replaced/);
  expect(await ids()).toEqual([1]);
  expect(await containerId()).toBe(id);
  await expect(nodeClient(passed)).rejects.toThrow("password authentication failed");
  expect(await pgtOutput(at, "backups", "acme")).toContain(`acme: restored in place to ${before}`);
  expect(await thrownAway()).toBe("");
  await query("INSERT INTO ledger VALUES (3)");
  const after = await moment();
  await query("INSERT INTO ledger VALUES (4)");
  // It is a tenant like any other: a deployment finds nothing to do, and a drill nothing wrong.
  expect(await pgtOutput(at, "start")).toContain("nothing to change");
  expect(await pgtOutput(at, "drill", "acme")).toMatch(/^acme: good, /m);
  expect(await pgt(at, ["restore", "acme", "--in-place", "--to", after, ...confirmed("acme")])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("accept or undo that restore first"),
  });

  await pgtOutput(at, "restore", "acme", "--undo", ...confirmed("acme"));
  expect(await ids()).toEqual([1, 2]);
  expect(await containerId()).toBe(id);
  await pgtOutput(at, "restore", "acme", "--as", "then", "--to", after);
  const client = await nodeClient(await url("then"));
  try {
    expect((await client.query("SELECT id FROM ledger ORDER BY id")).rows).toEqual([{ id: 1 }, { id: 3 }]);
  } finally {
    await client.end();
  }
  await pgtOutput(at, "restore", "acme", "--accept", ...confirmed("acme"));
  expect(await pgtOutput(at, "backups", "acme")).not.toContain("--accept");
  expect(await pgt(at, ["restore", "acme", "--undo", ...confirmed("acme")])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("nothing that was replaced is kept of acme"),
  });
}, 300_000);

test("a target that the backups do not reach changes nothing", async () => {
  for (const [target, said] of [
    ["2020-01-01 00:00Z", /expected a time after .*; nothing was changed/],
    ["name never-given", /cannot be brought back there: [\s\S]*nothing was changed/],
  ] as const) {
    const refused = await pgt(at, ["restore", "acme", "--in-place", "--to", target, ...confirmed("acme")]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(said) });
    expect(await ids()).toEqual([1, 2]);
    expect(await thrownAway()).toBe("");
  }
}, 300_000);

test("killed after it asked for the swap: with the container's restart, the restore comes to its end, and can be accepted", async () => {
  const killed = await pgtUntil(
    at,
    ["restore", "acme", "--in-place", "--to", "latest", ...confirmed("acme")],
    "acme: restarting",
  );
  process.kill(killed.pid ?? 0, "SIGKILL");
  await killed.ended;
  // The restart that it was about to ask for, whether it still has or not.
  await outputOf("docker", ["restart", at.container("acme")]);
  const outcome = async () => (await backups().catch(() => undefined))?.inPlace?.outcome;
  await until(async () => (await outcome()) === "done", "the swap comes to its end");
  expect(await ids()).toEqual([1, 2]);
  await pgtOutput(at, "restore", "acme", "--accept", ...confirmed("acme"));
});
