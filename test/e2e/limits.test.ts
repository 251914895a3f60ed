import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Tenant } from "../../tenants/tenant.ts";
import { asSuperuser, makeImageBench } from "./support/imageContainer.ts";
import { type LimitBench, limitBench } from "./support/limitBench.ts";
import { run } from "./support/shell.ts";

const bench = makeImageBench();
let container: string;
let limit: LimitBench["limit"];
let as: LimitBench["as"];

beforeAll(async () => {
  container = await bench.start(await bench.volume());
  ({ limit, as } = limitBench(container));
  await limit({});
  await as("CREATE TABLE kept (id int)");
});
afterAll(() => bench.remove());

const logOf = async () => (await run("docker", ["logs", container])).stderr;
const stopped = /canceling statement due to user request|terminating connection due to administrator command/;
const sleeping = "SELECT pg_sleep(60)";
/** Two seconds, a second until the look that cancels and one until the look that ends, and room for a busy machine. */
const soon = 12;

describe("with a limit of 2 s for statements and for idling in a transaction", () => {
  beforeAll(async () => {
    await limit({ statementTimeoutMs: 2000, idleInTransactionTimeoutMs: 2000 });
  });

  test("a client that sets nothing gets PostgreSQL's own error", async () => {
    expect((await as(sleeping)).stderr).toContain("canceling statement due to statement timeout");
    expect((await as("BEGIN;\n\\! sleep 4\nSELECT 1;")).stderr).toContain("idle-in-transaction timeout");
  });

  test.concurrent.each([
    ["SET", `SET statement_timeout = 0; ${sleeping}`],
    ["SET LOCAL", `BEGIN; SET LOCAL statement_timeout = 0; ${sleeping}`],
    ["set_config", `SELECT set_config('statement_timeout', '0', false); ${sleeping}`],
    ["options of the connection", sleeping, "options='-c statement_timeout=0'"],
    [
      "a function with a setting of its own",
      `CREATE OR REPLACE FUNCTION slow() RETURNS void LANGUAGE sql SET statement_timeout = 0 AS '${sleeping}';
       SET statement_timeout = 0; SELECT slow()`,
    ],
    [
      "a function with its definer's rights",
      `CREATE OR REPLACE FUNCTION definer() RETURNS void LANGUAGE sql SECURITY DEFINER AS '${sleeping}'; SET statement_timeout = 0; SELECT definer()`,
    ],
    [
      "a block that catches what cancels it",
      `SET statement_timeout = 0;
       DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled OR assert_failure THEN NULL; END; END LOOP; END $$`,
    ],
    [
      "many short statements in one block",
      "SET statement_timeout = 0; DO $$ BEGIN FOR i IN 1..6000 LOOP PERFORM pg_sleep(0.01); END LOOP; END $$",
    ],
    [
      "a procedure that commits",
      "SET statement_timeout = 0; DO $$ BEGIN FOR i IN 1..600 LOOP PERFORM pg_sleep(0.1); COMMIT; END LOOP; END $$",
    ],
    ["a lock that nobody gives back", "SET statement_timeout = 0; SELECT pg_advisory_lock(1); SELECT pg_sleep(60)"],
    ["a role that is set", `SET ROLE acme; SET statement_timeout = 0; ${sleeping}`],
    [
      "idling in a transaction",
      "SET idle_in_transaction_session_timeout = 0; BEGIN; SELECT 1;\n\\! sleep 7\nSELECT 1;",
    ],
    [
      "idling in a transaction that failed",
      "SET idle_in_transaction_session_timeout = 0;\n\\set ON_ERROR_STOP 0\nBEGIN; SELECT 1/0;\n\\! sleep 7\n\\set ON_ERROR_STOP 1\nSELECT 1;",
    ],
  ])("%s does not help", async (_, sql, more = "") => {
    const ended = await as(sql, more);
    expect(ended.stderr).toMatch(
      /canceling statement due to (user request|statement timeout)|terminating connection|server closed the connection/,
    );
    expect(ended.code).not.toBe(0);
    expect(ended.seconds).toBeLessThan(soon);
  });

  test.each(["ALTER ROLE acme", "ALTER DATABASE acme"])("%s SET does not help", async (whose) => {
    await as(`${whose} SET statement_timeout = 0`);
    try {
      expect((await as("SHOW statement_timeout")).stdout.trim()).toBe("0");
      expect((await as(sleeping)).stderr).toMatch(stopped);
    } finally {
      await as(`${whose} RESET statement_timeout`);
    }
  });

  test("thirty sessions at once do not help", async () => {
    const all = await Promise.all(Array.from({ length: 30 }, () => as(`SET statement_timeout = 0; ${sleeping}`)));
    for (const { stderr, seconds } of all) {
      expect(stderr).toMatch(stopped);
      expect(seconds).toBeLessThan(2 * soon);
    }
  });

  test("the superuser's sessions are not held to it, nor those below it", async () => {
    expect(await asSuperuser(container, "SET statement_timeout = 0; SELECT 'whole' FROM pg_sleep(5)")).toContain(
      "whole",
    );
    expect((await as("SET statement_timeout = 0; SELECT pg_sleep(1), 'whole'")).stdout).toContain("whole");
  });

  test("the log says which limit, which role and how long", async () => {
    expect(await logOf()).toMatch(
      /^pgtenants: limit statementTimeout: cancelled a statement of the role "acme" in the database "acme" after [2-9]\.\d s, the limit is 2\.0 s$/m,
    );
    expect(await logOf()).toMatch(/^pgtenants: limit statementTimeout: ended a session of the role "acme"/m);
    expect(await logOf()).toMatch(/^pgtenants: limit idleInTransactionTimeout: ended a session of the role "acme"/m);
  });
});

describe("with a limit of 2 s for locks", () => {
  beforeAll(async () => {
    await limit({ lockTimeoutMs: 2000, statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 });
  });

  test("who waits longer is cancelled, whatever the session sets", async () => {
    const holder = as("BEGIN; LOCK TABLE kept;\n\\! sleep 8\nCOMMIT;");
    const waiting = "SELECT * FROM kept";
    const [polite, hostile] = await Promise.all([
      as(`SELECT pg_sleep(1); ${waiting}`),
      as(`SET lock_timeout = 0; SELECT pg_sleep(1); ${waiting}`),
    ]);
    await holder;
    expect(polite.stderr).toContain("canceling statement due to lock timeout");
    expect(hostile.stderr).toMatch(stopped);
    expect(await logOf()).toMatch(/^pgtenants: limit lockTimeout: cancelled a statement/m);
  });
});

test.each<[Partial<Tenant>, string]>([
  [{ idleInTransactionTimeoutMs: 0 }, "none"],
  [{}, "60"],
  [{ statementTimeoutMs: 86_400_000 }, "60"],
  [{ statementTimeoutMs: 31_000, lockTimeoutMs: 400_000 }, "4"],
  [{ statementTimeoutMs: 300_000, lockTimeoutMs: 25_000 }, "3"],
  [{ lockTimeoutMs: 1 }, "1"],
])("with %j the watchdog looks after %s seconds", async (limits, seconds) => {
  await limit(limits);
  const known = async () => (await run("docker", ["exec", container, "cat", "/run/postgresql/watch"])).stdout.trim();
  await expect.poll(known, { timeout: 90_000, interval: 500 }).toBe(seconds);
  await limit({});
});

test("a killed watchdog comes back, and one that is not needed goes", async () => {
  await limit({ statementTimeoutMs: 2000 });
  const watching = "cat /proc/[0-9]*/comm | grep -cx watch.sh || true";
  const count = async () => (await run("docker", ["exec", container, "sh", "-c", watching])).stdout.trim();
  expect(await count()).toBe("1");
  await run("docker", ["exec", container, "sh", "-c", "kill -9 $(grep -lx watch.sh /proc/[0-9]*/comm | cut -d/ -f3)"]);
  expect(await count()).toBe("0");
  await limit({ statementTimeoutMs: 2000 });
  expect(await count()).toBe("1");
  expect((await as(`SET statement_timeout = 0; ${sleeping}`)).stderr).toMatch(stopped);
  await limit({});
  await expect.poll(count, { timeout: 10_000 }).toBe("0");
});

test("temporary files end at their limit, which only the superuser can raise", async () => {
  await limit({ tempFileLimitMiB: 1 });
  const sort =
    "SET work_mem = '64kB'; SELECT count(*) FROM (SELECT i FROM generate_series(1, 300000) AS i ORDER BY md5(i::text)) AS sorted";
  for (const attempt of ["", "SET temp_file_limit = -1;", "SELECT set_config('temp_file_limit', '-1', false);"]) {
    expect((await as(attempt + sort)).stderr).toMatch(/temporary file size exceeds|permission denied to set parameter/);
  }
  expect((await as("ALTER ROLE acme SET temp_file_limit = -1")).stderr).toContain("permission denied");
});
