import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { asSuperuser } from "../support/imageContainer.ts";
import { firstValue, pooledUri, watched } from "../support/pooled.ts";
import { outputOf } from "../support/shell.ts";
import { makeTestStack, type TestStack } from "../support/testStack.ts";

// The rows of the table in docs/pooling.md. Every pool has one server connection, so that what one client leaves on it is what the next one finds.

let at: TestStack;
/** From one address more may come than the pool takes. */
const globex = "{ id: globex, access: { maxConnectionsPerIp: 10 }, pooler: { size: 1, mode: session, maxClients: 3 } }";
let [one, other]: pg.Client[] = [];

beforeAll(async () => {
  at = await makeTestStack([]);
  at.list("{ id: acme, pooler: { size: 1 } }", globex);
  await at.stack.up();
});
afterAll(() => at?.remove());

const clients = async (id: string) => {
  const uri = await pooledUri(at, id);
  [one, other] = [await watched(uri), await watched(uri)];
};
/** In transaction mode. */
const ask = (sql: string) => firstValue(mine(one), sql);
const askOther = (sql: string) => firstValue(mine(other), sql);
function mine(client: pg.Client | undefined): pg.Client {
  if (client === undefined) throw new Error("no client");
  return client;
}

describe("in transaction mode", () => {
  beforeEach(() => clients("acme"));
  afterEach(() => Promise.all([one?.end(), other?.end()]));

  test("both clients of these tests share one server connection", async () => {
    const pid = "SELECT pg_backend_pid()";
    expect(await ask(pid)).toBe(await askOther(pid));
  });

  test("SET is lost when its transaction ends, and reaches nobody else", async () => {
    const before = await ask("SHOW work_mem");
    await ask("SET work_mem = '77MB'").catch(() => undefined);
    expect(await ask("SHOW work_mem")).toBe(before);
    expect(await askOther("SHOW work_mem")).toBe(before);
  });

  test("SET LOCAL holds to the end of its transaction", async () => {
    await ask("BEGIN");
    await ask("SET LOCAL work_mem = '77MB'");
    expect(await ask("SHOW work_mem")).toBe("77MB");
    await ask("COMMIT");
  });

  test.each([
    ["application_name", "of mine"],
    ["TimeZone", "Asia/Tokyo"],
    ["DateStyle", "German, DMY"],
    ["search_path", "pg_catalog"],
    ["default_transaction_read_only", "on"],
  ])("what PostgreSQL reports to its client stays with it, and with it alone: %s", async (name, value) => {
    const before = await askOther(`SHOW ${name}`);
    await ask(`SET ${name} = '${value}'`);
    expect(await ask(`SHOW ${name}`)).toBe(value);
    expect(await askOther(`SHOW ${name}`)).toBe(before);
    expect(await ask(`SHOW ${name}`)).toBe(value);
  });

  test("such a parameter may come with the login; any other is refused", async () => {
    const uri = await pooledUri(at, "acme");
    const client = await watched(uri, "options=-c%20search_path%3Dpg_catalog");
    expect(await firstValue(client, "SHOW search_path")).toBe("pg_catalog");
    await client.end();
    expect(await askOther("SHOW search_path")).toBe('"$user", public');
    await expect(watched(uri, "options=-c%20work_mem%3D77MB")).rejects.toThrow(
      "unsupported startup parameter in options: work_mem",
    );
    await expect(watched(uri, "statement_timeout=1000")).rejects.toThrow(
      "unsupported startup parameter: statement_timeout",
    );
  });

  test("LISTEN hears nothing; NOTIFY is heard by who listens without the pool", async () => {
    const heard: string[] = [];
    mine(one).on("notification", ({ payload = "" }) => heard.push(payload));
    await ask("LISTEN news");
    await askOther("NOTIFY news, 'lost'");
    expect(await ask("SELECT count(*) FROM pg_listening_channels()")).toBe("0");
    expect(heard).toEqual([]);
    const direct = await watched((await at.connectionStrings())["acme"]?.nodePostgres ?? "");
    direct.on("notification", ({ payload = "" }) => heard.push(payload));
    await direct.query("LISTEN news");
    await askOther("NOTIFY news, 'heard'");
    await direct.query("SELECT 1");
    await direct.end();
    expect(heard).toEqual(["heard"]);
  });

  test("prepared statements of the protocol work, by whichever server connection", async () => {
    const named = { name: "twice", text: "SELECT $1::int * 2 AS twice" };
    for (const value of [1, 2, 3]) {
      expect((await mine(one).query({ ...named, values: [value] })).rows).toEqual([{ twice: 2 * value }]);
      const another = { name: "twice", text: "SELECT $1::int * 20 AS twice", values: [value] };
      expect((await mine(other).query(another)).rows).toEqual([{ twice: 20 * value }]);
    }
  });

  test("PREPARE in SQL is gone after its transaction, for its client and for others", async () => {
    await ask("PREPARE mine AS SELECT 1");
    for (const asked of [ask, askOther]) await expect(asked("EXECUTE mine")).rejects.toThrow("does not exist");
  });

  test("an advisory lock of a session is given back when its transaction ends; one of a transaction is a lock", async () => {
    await ask("SELECT pg_advisory_lock(7)");
    expect(await askOther("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).toBe("0");
    await ask("BEGIN");
    await ask("SELECT pg_advisory_xact_lock(7)");
    expect(await asSuperuser(at.container("acme"), "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).toBe(
      "1",
    );
    await ask("COMMIT");
  });

  test("a temporary table is gone after its transaction", async () => {
    await ask("BEGIN");
    await ask("CREATE TEMP TABLE mine AS SELECT 1 AS n");
    expect(await ask("SELECT n FROM mine")).toBe("1");
    await ask("COMMIT");
    for (const asked of [ask, askOther]) await expect(asked("SELECT n FROM mine")).rejects.toThrow("does not exist");
  });

  test("a cursor WITH HOLD is gone after its transaction, one without it works in its own", async () => {
    await ask("BEGIN");
    await ask("DECLARE held CURSOR WITH HOLD FOR SELECT 1");
    expect(await ask("FETCH 1 FROM held")).toBe("1");
    await ask("COMMIT");
    for (const asked of [ask, askOther]) await expect(asked("FETCH 1 FROM held")).rejects.toThrow("does not exist");
  });

  test("SET ROLE and currval are gone after their transaction", async () => {
    await asSuperuser(at.container("acme"), "CREATE ROLE reader; GRANT reader TO acme");
    await ask("SET ROLE reader");
    expect(await ask("SELECT current_user")).toBe("acme");
    expect(await askOther("SELECT current_user")).toBe("acme");
    await ask("CREATE SEQUENCE numbers");
    await ask("SELECT nextval('numbers')");
    await expect(ask("SELECT currval('numbers')")).rejects.toThrow("not yet defined in this session");
  });

  test("LOAD is for the server connection that runs it, and the next one does not have it", async () => {
    await ask("LOAD '$libdir/plugins/auto_explain'").catch((error: Error) =>
      expect(error.message).toMatch(/auto_explain/),
    );
    await asSuperuser(
      at.container("acme"),
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'acme'",
    );
    await expect(ask("SHOW auto_explain.log_min_duration")).rejects.toThrow("unrecognized configuration parameter");
  });

  test("a statement may be cancelled, by its client alone", async () => {
    const sleeping = ask("SELECT pg_sleep(10)");
    const cancelled = expect(sleeping).rejects.toThrow("canceling statement");
    const sql =
      "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND usename = 'acme'";
    await expect.poll(() => asSuperuser(at.container("acme"), sql)).toBe("t");
    await cancelled;
    expect(await ask("SELECT 1")).toBe("1");
  });
});

describe("in session mode", () => {
  test("all of it works until the client leaves, and then nothing of it is left", async () => {
    const uri = await pooledUri(at, "globex");
    const client = await watched(uri);
    await client.query("SET work_mem = '77MB'");
    await client.query("CREATE TEMP TABLE mine AS SELECT 1 AS n");
    await client.query("SELECT pg_advisory_lock(7)");
    await client.query("PREPARE mine AS SELECT 2 AS n");
    expect(await firstValue(client, "SHOW work_mem")).toBe("77MB");
    expect(await firstValue(client, "SELECT n FROM mine")).toBe("1");
    expect(await firstValue(client, "EXECUTE mine")).toBe("2");
    const pid = await firstValue(client, "SELECT pg_backend_pid()");
    await client.end();
    const next = await watched(uri);
    expect(await firstValue(next, "SELECT pg_backend_pid()")).toBe(pid);
    expect(await firstValue(next, "SHOW work_mem")).not.toBe("77MB");
    expect(await firstValue(next, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).toBe("0");
    await expect(next.query("SELECT n FROM mine")).rejects.toThrow("does not exist");
    await expect(next.query("EXECUTE mine")).rejects.toThrow("does not exist");
    await next.end();
  });
});

test("one client more than a pool takes is told so", async () => {
  const uri = await pooledUri(at, "globex");
  const clients = await Promise.all([watched(uri), watched(uri), watched(uri)]);
  await expect(watched(uri)).rejects.toThrow("no more connections allowed (max_client_conn)");
  await Promise.all(clients.map((client) => client.end()));
});

describe("a tenant with a pool", () => {
  test("keeps it under another name, and can do without it again", async () => {
    at.list("{ id: acme-eu, renamedFrom: acme, pooler: { size: 1 } }", globex);
    await at.stack.up();
    const client = await watched(await pooledUri(at, "acme-eu"));
    expect(await firstValue(client, "SELECT current_database()")).toBe("acme");
    await client.end();
    expect((await at.stack.preview()).changeSummary).toEqual({ same: expect.any(Number) });

    at.list("{ id: acme-eu, renamedFrom: acme }", globex);
    await at.stack.up();
    expect((await at.connectionStrings())["acme-eu"]).not.toHaveProperty("pooled");
    const left = await Promise.all([
      outputOf("docker", ["volume", "ls", "--quiet", "--filter", `name=${at.container("acme")}_pooler`]),
      outputOf("docker", ["ps", "--all", "--quiet", "--filter", `name=${at.container("acme")}.*_pooler`]),
      asSuperuser(at.container("acme-eu"), "SELECT rolname FROM pg_roles WHERE rolname = 'pgtenants_pooler'"),
    ]);
    expect(left).toEqual(["", "", ""]);
    await (await watched(await pooledUri(at, "globex"))).end();
  });
});
