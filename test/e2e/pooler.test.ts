import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringsOf } from "./support/clients.ts";
import { identity } from "./support/engine.ts";
import { kindsIn, lookForDrift, typeFixes } from "./support/handMade.ts";
import { asSuperuser } from "./support/imageContainer.ts";
import { pgt, pgtOutput } from "./support/pgt.ts";
import { firstValue, pooledClient, pooledUri, poolerOf, serverConnections, watched } from "./support/pooled.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;

/** acme's own part of its entry, to be changed by a test. */
const list = (acme = "") =>
  at.list(`{ id: acme, pooler: {}${acme} }`, "{ id: globex, pooler: { mode: session, size: 2, queryWait: 2 s } }");

beforeAll(async () => {
  at = await makeTestStack([]);
  list();
  await at.stack.up();
});
afterAll(() => at?.remove());

const end = (clients: readonly pg.Client[]) => Promise.all(clients.map((client) => client.end()));
async function pooled(id: string, count: number): Promise<readonly pg.Client[]> {
  const uri = await pooledUri(at, id);
  return Promise.all(Array.from({ length: count }, () => watched(uri)));
}

describe("a deployment with connection pools", () => {
  test("ends when they answer, and has nothing to do then", async () => {
    const client = await pooledClient(at, "acme");
    expect(await firstValue(client, "SELECT current_user || '@' || current_database()")).toBe("acme@acme");
    await client.end();
    expect((await at.stack.preview()).changeSummary).toEqual({ same: expect.any(Number) });
  });

  test("is known to pgt: what a pool does, that nothing drifted, who has none", async () => {
    const client = await pooledClient(at, "acme");
    await client.query("BEGIN");
    const text = await pgtOutput(at, "pooler", "acme");
    expect(text).toContain(
      `acme-pooler.${at.domain}: PgBouncer 1.26.1, transaction mode, 20 server connections, at most 1000 clients`,
    );
    expect(text).toMatch(/^acme +acme +1 +0 +0\.0 s +1 +0$/m);
    await client.end();
    expect(JSON.parse(await pgtOutput(at, "pooler", "globex", "--json"))).toMatchObject({
      id: "globex",
      mode: "session",
    });
    expect(await pgt(at, ["drift"])).toMatchObject({ code: 0, stderr: "" });
    expect(await pgtOutput(at, "list")).toContain("globex");
    expect(await pgt(at, ["pooler", "nobody"])).toMatchObject({ code: 1 });
    await outputOf("docker", ["stop", poolerOf(at, "globex")]);
    expect((await pgt(at, ["pooler", "globex"])).stderr).toContain("is exited, expected it running");
    expect((await pgt(at, ["drift"])).stdout).toMatch(/globex/);
    await outputOf("docker", ["start", poolerOf(at, "globex")]);
  });
});

test("a pool that was changed by hand is found, and put right by what is told", async () => {
  const byHand = (id: string, command: string) => outputOf("docker", ["exec", poolerOf(at, id), "sh", "-c", command]);
  await byHand("acme", "echo '; by hand' >>/var/lib/pooler/config/tenant.ini");
  await byHand("globex", "s6-svc -wd -T 20000 -d /run/pooler/services/tenant");
  const look = await lookForDrift(at);
  expect(kindsIn(look)).toEqual(["acme pool-changed", "globex pool-missing"]);
  await typeFixes(at, look);
  await expect.poll(async () => kindsIn(await lookForDrift(at)), { timeout: 30_000 }).toEqual([]);
});

describe("a new password", () => {
  test("holds for logins at once, while clients that are there go on; the old one is refused", async () => {
    const before = await pooledClient(at, "acme");
    const old = await pooledUri(at, "acme");
    // Both have to be opened anew, and only one of them by the client that knows the new password.
    await asSuperuser(
      at.container("acme"),
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'acme'",
    );
    list(", passwordVersion: 2");
    await at.stack.up();
    expect(await firstValue(before, "SELECT 1")).toBe("1");
    const after = await pooledClient(at, "acme");
    expect(await firstValue(after, "SELECT 2")).toBe("2");
    await expect(watched(old)).rejects.toThrow("SASL authentication failed");
    await end([before, after]);
  });

  test("that has expired is refused", async () => {
    await asSuperuser(at.container("acme"), "ALTER ROLE acme VALID UNTIL '2026-01-01'");
    try {
      await expect(pooledClient(at, "acme")).rejects.toThrow(/SASL authentication failed|no such user/);
    } finally {
      await asSuperuser(at.container("acme"), "ALTER ROLE acme VALID UNTIL 'infinity'");
    }
    await end([await pooledClient(at, "acme")]);
  });
});

describe("a server that goes and comes back", () => {
  /** The clients ask while the server is away, and have their answers when it is back. */
  async function asking(comesBack: () => Promise<unknown>): Promise<void> {
    const clients = await pooled("acme", 30);
    await Promise.all(clients.map((client) => client.query("SELECT 1")));
    const [server, pool] = [await identity(at.container("acme")), await identity(poolerOf(at, "acme"))];
    const goes = comesBack === restarted ? "stop" : "kill";
    await outputOf("docker", [goes, at.container("acme")]);
    const answers = clients.map((client) => firstValue(client, "SELECT 1"));
    const newcomer = pooled("acme", 1);
    await sleep(1500);
    await comesBack();
    expect(await Promise.all(answers)).toEqual(clients.map(() => "1"));
    await end(await newcomer);
    expect(await identity(at.container("acme"))).not.toBe(server);
    expect(await identity(poolerOf(at, "acme"))).toBe(pool);
    await end(clients);
  }
  const restarted = () => outputOf("docker", ["start", at.container("acme")]);

  test("keeps its pool's clients, whose statements wait, and lets new ones wait as well", () => asking(restarted));

  test("in a container of its own, after a kill, likewise", () =>
    asking(() => {
      list(", passwordVersion: 2, maxConnections: 50");
      return at.stack.up();
    }));
});

describe("a pool that is taken", () => {
  test("tells who has waited so, after the time that is set", async () => {
    const busy = await pooled("globex", 2);
    for (const client of busy) await client.query("BEGIN");
    const began = performance.now();
    await expect(pooledClient(at, "globex").then((client) => firstValue(client, "SELECT 1"))).rejects.toThrow(
      "query_wait_timeout",
    );
    const waited = (performance.now() - began) / 1000;
    expect(waited).toBeGreaterThan(1.9);
    expect(waited).toBeLessThan(6);
    await end(busy);
    await end([await pooledClient(at, "globex")]);
  });

  test("of 20 server connections serves 1,000 clients without an error, and opens no more", async () => {
    const clients: pg.Client[] = [];
    for (let lot = 0; lot < 20; lot += 1) clients.push(...(await pooled("acme", 50)));
    const began = performance.now();
    let isOver = false;
    let most = 0;
    const watching = (async () => {
      while (!isOver) {
        most = Math.max(most, await serverConnections(at, "acme"));
        await sleep(100);
      }
    })();
    const asked = clients.map(async (client) => {
      for (let round = 0; round < 3; round += 1) await client.query("SELECT pg_sleep(0.01)");
    });
    const ended = await Promise.allSettled(asked);
    const memory = await outputOf("docker", [
      "stats",
      "--no-stream",
      "--format",
      "{{.MemUsage}}",
      poolerOf(at, "acme"),
    ]);
    isOver = true;
    await watching;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(
      `1,000 clients, 3,000 statements in ${seconds} s: ${most} server connections, the pool's container uses ${memory}`,
    );
    expect(ended.filter(({ status }) => status === "rejected")).toEqual([]);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(20);
    await end(clients);
  });
});

describe("a tenant that is let go of for a while", () => {
  test("has its pooled sessions end when others may come in, and none of its pool where it stops", async () => {
    const session = await pooledClient(at, "acme");
    list(", passwordVersion: 2, maxConnections: 50, access: { allow: [127.0.0.1/32] }");
    await at.stack.up();
    await expect(session.query("SELECT 1")).rejects.toThrow();
    await end([await pooledClient(at, "acme")]);
    list(", passwordVersion: 2, maxConnections: 50, state: stopped");
    await at.stack.up();
    const names = await outputOf("docker", ["ps", "--all", "--format", "{{.Names}}"]);
    expect(names.split("\n")).not.toContain(poolerOf(at, "acme"));
    expect(stringsOf(await at.connectionStrings(), "globex")).toHaveProperty("pooled");
  });
});
