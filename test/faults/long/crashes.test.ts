import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect } from "vitest";
import { nodeClient } from "../../e2e/support/clients.ts";
import { outputOf } from "../../e2e/support/shell.ts";
import { makeTestStack, type TestStack } from "../../e2e/support/testStack.ts";
import type { Ledger } from "../support/ledger.ts";
import { faultTest } from "../support/table.ts";
import { underWatch, uriOf } from "../support/underWatch.ts";
import { killInside, logOf, postmasterOf } from "../support/victims.ts";

let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(["acme", "globex"]);
  at.list("{ id: acme, disk: 1 GB }", "id: globex");
  await at.stack.up();
});
afterAll(() => at?.remove());

const recoversWithin = 10_000;
const rounds = 10;

/** A container that ran for this long is restarted by the engine at once, and after 0.1 s the next time; one that did not, twice as late each time. */
const restartGrace = 10_500;

async function killPostmasters(ledger: Ledger): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    await sleep(restartGrace);
    const commits = ledger.acknowledged();
    await killInside(at.container("acme"), await postmasterOf(at.container("acme")));
    await expect.poll(ledger.acknowledged, { timeout: 20_000 }).toBeGreaterThan(commits + 10);
  }
}

faultTest(
  "14",
  `kill -9 of the postmaster under load, ${rounds} rounds, then pg_amcheck`,
  async (report) => {
    await underWatch(at, report, { recoversWithin }, killPostmasters);
    const check = ["pg_amcheck", "--install-missing", "--all", "--heapallindexed", "--parent-check"];
    expect(await outputOf("docker", ["exec", at.container("acme"), ...check])).toBe("");
  },
  400,
);

/** Writes until it is told that it may not; gives what it was told. */
async function fill(): Promise<string> {
  const client = await nodeClient(await uriOf(at, "acme"));
  client.on("error", () => undefined);
  try {
    await client.query("CREATE TABLE filler (text text)");
    for (;;) {
      await client.query("INSERT INTO filler SELECT repeat(md5(n::text), 30) FROM generate_series(1, 10000) n");
      // A disk this small leaves the guard little room between its tiers.
      await sleep(100);
    }
  } catch (error) {
    return String(error);
  } finally {
    client.end().catch(() => undefined);
  }
}

faultTest("22", "a tenant's disk quota filled: read-only, and back once there is room", (report) =>
  underWatch(at, report, { recoversWithin: 60_000 }, async (ledger) => {
    expect(await fill()).toMatch(/read-only transaction|terminating connection|Connection terminated|is not queryable/);
    await expect.poll(() => ledger.errors().at(-1), { timeout: 10_000 }).toContain("read-only transaction");
    await expect(ledger.commits(2000)).rejects.toThrow("read-only transaction");
    const client = await nodeClient(await uriOf(at, "acme"));
    await client.query("SELECT count(*) FROM ledger");
    expect(await logOf(at.container("acme"))).toMatch(/^pgtenants: disk (read-only|ending|full), was /m);
    await client.query("BEGIN READ WRITE");
    await client.query("DROP TABLE filler");
    await client.query("COMMIT");
    await client.end();
  }),
);
