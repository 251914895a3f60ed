import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { asSuperuser } from "./support/imageContainer.ts";
import { firstValue, pooledClient, pooledUri, poolerOf, poolerTicks, watched } from "./support/pooled.ts";
import { outputOf, run } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";
import { cancelRequest, errorIn, isLetIn, message, openWire, scram, startup } from "./support/wire.ts";

// Reliability cases 53 to 55: what a hostile client sends to a pool, and what one tenant tries at another's.

let at: TestStack;
let password: string;

beforeAll(async () => {
  at = await makeTestStack([]);
  at.list("{ id: acme, pooler: { size: 4 } }", "{ id: globex, pooler: {} }");
  await at.stack.up();
  password = decodeURIComponent(new URL(await pooledUri(at, "acme")).password);
  await asSuperuser(
    at.container("acme"),
    "CREATE ROLE other LOGIN PASSWORD 'not known to the attacker'; GRANT CONNECT ON DATABASE acme TO other",
  );
});
afterAll(() => at?.remove());

const host = (id = "acme") => `${id}-pooler.${at.domain}`;
const wire = (id = "acme") => openWire(at.port, host(id));

/** The pool serves as before, its process is the one that it was, and nothing spins in it. */
async function stillServes(): Promise<void> {
  const client = await pooledClient(at, "acme");
  expect(await firstValue(client, "SELECT 1")).toBe("1");
  await client.end();
  const before = await poolerTicks(at, "acme");
  await sleep(1000);
  expect((await poolerTicks(at, "acme")) - before).toBeLessThan(30);
  const { stdout, stderr } = await run("docker", ["logs", poolerOf(at, "acme")]);
  expect(`${stdout}${stderr}`.match(/process up/g)).toHaveLength(1);
}

describe("a login by hand", () => {
  test("comes in, so that those below fail for what is wrong with them", async () => {
    const client = await wire();
    const login = scram(password);
    client.send(startup({ user: "acme", database: "acme" }));
    expect((await client.next())?.type).toBe("R");
    client.send(login.initial);
    const first = (await client.next())?.body.subarray(4).toString() ?? "";
    client.send(login.final(first));
    expect(isLetIn(await client.rest())).toBe(true);
    client.close();
  });

  test.each(["acme", "no_such_database"])(
    "with a second StartupMessage during SCRAM, for database %s, is let in as nobody (CVE-2026-107350)",
    async (database) => {
      for (const when of ["before the first", "after the first"]) {
        const client = await wire();
        const login = scram(password);
        client.send(startup({ user: "acme", database }));
        await client.next();
        if (when === "before the first") client.send(startup({ user: "other", database: "acme" }));
        client.send(login.initial);
        const first = (await client.next())?.body.subarray(4).toString() ?? "";
        if (when === "after the first") client.send(startup({ user: "other", database: "acme" }));
        client.send(login.final(first.startsWith("r=") ? first : "r=x,s=eA==,i=4096"));
        const answers = await client.rest();
        expect(isLetIn(answers), when).toBe(false);
        client.close();
      }
      await stillServes();
    },
  );

  test("with empty option names is refused and spins nothing (CVE-2026-107349)", async () => {
    for (const options of ["-c=", "-c =", "-c=x", "--=", "-c", "-c search_path"]) {
      const client = await wire();
      client.send(startup({ user: "acme", database: "acme", options }));
      const answers = await client.rest();
      expect(isLetIn(answers)).toBe(false);
      expect(errorIn(answers) ?? "closed", options).toMatch(/options|startup parameter|closed/);
      client.close();
    }
    await stillServes();
  });

  test("with messages that claim a length near or above 2^31 is closed (CVE-2026-107348, CVE-2026-6668)", async () => {
    for (const length of [2 ** 31 - 1, 2 ** 31, 2 ** 31 + 10, 2 ** 32 - 1, 0, 3]) {
      const client = await wire();
      client.send(startup({ user: "acme", database: "acme" }));
      await client.next();
      client.send(message("p", Buffer.alloc(2048, 65), length));
      expect(isLetIn(await client.rest())).toBe(false);
      client.close();
    }
    await stillServes();
  });

  test("with a final message without a nonce, or with garbage for a proof, crashes nothing (CVE-2026-19888, CVE-2026-6664)", async () => {
    for (const final of ["c=biws", "", ",", `c=biws,r=${"A".repeat(4000)},p=x`, "p=", "c=biws,r=x,p=AAAA"]) {
      const client = await wire();
      client.send(startup({ user: "acme", database: "acme" }));
      await client.next();
      client.send(scram(password).initial);
      await client.next();
      client.send(message("p", Buffer.from(final)));
      expect(isLetIn(await client.rest())).toBe(false);
      client.close();
    }
    await stillServes();
  });

  test("with a search path of its own has no say in how verifiers are asked for (CVE-2025-12819)", async () => {
    const server = at.container("acme");
    const logging = (verb: string) => asSuperuser(server, `ALTER SYSTEM ${verb}`);
    await logging("SET log_statement = 'all'");
    await logging("SET log_line_prefix = 'by <%u> '");
    await asSuperuser(server, "SELECT pg_reload_conf()");
    try {
      const uri = await pooledUri(at, "acme");
      const client = await watched(uri, "options=-c%20search_path%3Dplanted");
      expect(await firstValue(client, "SHOW search_path")).toBe("planted");
      await client.end();
    } finally {
      await logging("RESET log_statement");
      await logging("RESET log_line_prefix");
      await asSuperuser(server, "SELECT pg_reload_conf()");
    }
    const { stderr } = await run("docker", ["logs", server]);
    expect(stderr).toMatch(/by <pgtenants_pooler> .*pgtenants\.pooler_credentials/);
    expect(stderr).toMatch(/by <acme> .*planted/);
    expect(stderr).not.toMatch(/by <pgtenants_pooler> .*planted/);
    await stillServes();
  });
});

describe("what only the pool may do", () => {
  test.each([
    ["the superuser", "pgtenants", "acme"],
    ["the pool's own role", "pgtenants_pooler", "postgres"],
    ["PgBouncer's administrator", "pgbouncer", "pgbouncer"],
    ["the tenant at the console", "acme", "pgbouncer"],
    ["the tenant where verifiers are asked for", "acme", "pgtenants_auth"],
    ["the tenant in the server's own database", "acme", "postgres"],
  ])("%s is not let in", async (_, user, database) => {
    const uri = new URL(await pooledUri(at, "acme"));
    uri.username = user;
    uri.pathname = `/${database}`;
    await expect(watched(uri.href)).rejects.toThrow();
  });

  test("is to ask for verifiers: no other role can, and none gets the superuser's", async () => {
    const asked = "SELECT count(*) FROM pgtenants.pooler_credentials";
    const superuser = await asSuperuser(at.container("acme"), `${asked}('pgtenants', NULL)`);
    const elsewhere = await asSuperuser(at.container("acme"), `${asked}('other', 'postgres')`);
    expect([superuser, elsewhere]).toEqual(["0", "0"]);
    expect(await asSuperuser(at.container("acme"), `${asked}('other', 'acme')`)).toBe("1");
    const may = "SELECT has_function_privilege('acme', 'pgtenants.pooler_credentials(text, text)', 'EXECUTE')";
    expect(await asSuperuser(at.container("acme"), may)).toBe("f");
  });
});

describe("another tenant", () => {
  test.each(["acme", "globex", "postgres", "pgbouncer", "pgtenants_auth"])(
    "gets into no pool but its own, asking for %s",
    async (database) => {
      const uri = new URL(await pooledUri(at, "acme"));
      uri.host = `${host("globex")}:${at.port}`;
      uri.pathname = `/${database}`;
      await expect(watched(uri.href)).rejects.toThrow();
    },
  );
});

describe("a request to cancel", () => {
  test("through the router ends the statement that it is for, and no other", async () => {
    const [one, other] = [await pooledClient(at, "acme"), await pooledClient(at, "acme")];
    const hit = expect(one.query("SELECT pg_sleep(20)")).rejects.toThrow("canceling statement due to user request");
    const spared = other.query("SELECT pg_sleep(2)");
    await sleep(500);
    const { processID, secretKey } = one as unknown as { processID: number; secretKey: number };
    const request = await wire();
    request.send(cancelRequest(processID, secretKey));
    await hit;
    await expect(spared).resolves.toBeDefined();
    expect(await firstValue(one, "SELECT 1")).toBe("1");
    const wrong = await wire();
    const running = other.query("SELECT pg_sleep(1)");
    wrong.send(cancelRequest(processID, secretKey ^ 1));
    await expect(running).resolves.toBeDefined();
    await Promise.all([one.end(), other.end()]);
    request.close();
    wrong.close();
  });
});

describe("secrets", () => {
  test("are neither in how the pool's container was made, nor in its files, nor in its log", async () => {
    const container = poolerOf(at, "acme");
    const spec = await asSuperuser(at.container("acme"), "SELECT rolpassword FROM pg_authid WHERE rolname = 'acme'");
    const [, , salted = "none"] = spec.split("$");
    const files = await outputOf("docker", [
      "exec",
      container,
      "sh",
      "-euc",
      "cat /var/lib/pooler/config/* /run/pooler/services/*/*.ini",
    ]);
    const { stdout, stderr } = await run("docker", ["logs", container]);
    const made = await outputOf("docker", ["inspect", container]);
    for (const text of [files, stdout, stderr, made]) {
      expect(text).not.toContain(password);
      expect(text).not.toContain(salted);
    }
    expect(files).toContain("auth_query");
  });
});
