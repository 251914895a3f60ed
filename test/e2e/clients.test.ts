import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConnectionStrings } from "../../components/connectionStrings.ts";
import { nodeClient, psql, stringsOf } from "./support/clients.ts";
import { forgetConnections, logConnections, logUntilLogin } from "./support/connectionLog.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

const ids = ["acme", "globex", "eu-hooli"];
let at: TestStack;
let strings: Record<string, ConnectionStrings>;

beforeAll(async () => {
  at = await makeTestStack(ids);
  await at.stack.up();
  strings = await at.connectionStrings();
});
afterAll(() => at?.remove());

describe.each(ids)("tenant %s answers", (id) => {
  const own = () => stringsOf(strings, id);
  const who = `${id.replace("-", "_")}|${id.replace("-", "_")}`;

  test.each([
    ["STARTTLS", {}],
    ["direct TLS", { sslnegotiation: "direct" }],
  ])("psql 18 with full verification, %s", async (_, settings) => {
    const { stdout, stderr, code } = await psql(
      at,
      own(),
      "SELECT current_user, current_database(), version()",
      settings,
    );
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
    expect(stdout).toContain(`${who}|PostgreSQL 18.`);
  });

  test.each([
    ["STARTTLS", ""],
    ["direct TLS", "sslnegotiation=direct"],
  ])("node-postgres with full verification, %s", async (_, extra) => {
    const client = await nodeClient(own().nodePostgres, extra);
    try {
      const { rows } = await client.query("SELECT current_user || '|' || current_database() AS who");
      expect(rows).toEqual([{ who }]);
    } finally {
      await client.end();
    }
  });
});

describe("a client that must not come in", () => {
  beforeAll(() => Promise.all(ids.map((id) => logConnections(at.container(id)))));
  afterAll(() => Promise.all(ids.map((id) => forgetConnections(at.container(id)))));

  const logOf = (id: string, earlier?: readonly string[]) =>
    logUntilLogin(at.container(id), stringsOf(strings, id).nodePostgres, earlier);

  /** No tenant's server receives a connection from `act`; the good logins before and after it, they do receive. */
  async function expectUntouched(act: () => Promise<void>): Promise<void> {
    const before = await Promise.all(ids.map(async (id) => ({ id, log: await logOf(id) })));
    await act();
    for (const { id, log } of before)
      expect(await logOf(id, log)).toEqual([...log, expect.stringContaining("connection received: ")]);
  }

  test.each([
    // The router answers when its read time-out of 10 s is over.
    [
      "without TLS",
      { sslmode: "disable", connect_timeout: "20" },
      "expected authentication request from server, but received H",
    ],
    ["with an unknown server name", { host: "nosuch.example.org", sslmode: "require" }, "unexpected eof while reading"],
    ["without a server name", { sslsni: "0", sslmode: "require" }, "unexpected eof while reading"],
    ["by IP address", { host: "127.0.0.1", sslmode: "require" }, "unexpected eof while reading"],
    [
      "with an unknown server name, direct TLS",
      { host: "nosuch.example.org", sslmode: "require", sslnegotiation: "direct" },
      "SSL error",
    ],
  ])("is refused %s, and no tenant hears of it", async (_, settings, message) => {
    await expectUntouched(async () => {
      const { code, stderr } = await psql(at, stringsOf(strings, "acme"), "SELECT 1", { ...settings, sslrootcert: "" });
      expect(stderr).toContain(message);
      expect(code).toBe(2);
    });
  });

  test.each([
    ["a GSS encryption request", "0000000804d21630"],
    ["a cancel request", "0000001004d2162e0000000100000002"],
    ["a plain startup message", "0000000c0003000061000000"],
  ])(
    "is refused with %s, within the read time-out",
    async (_, hex) => {
      await expectUntouched(async () => {
        const answer = await rawExchange(at.port, Buffer.from(hex, "hex"));
        expect(answer.subarray(0, 1).toString()).not.toMatch(/^[SGRNE]/);
      });
    },
    30_000,
  );

  test("with another tenant's password fails at that tenant", async () => {
    const { password = "" } = parseUri(stringsOf(strings, "acme").uri);
    const { code, stderr } = await psql(at, stringsOf(strings, "globex"), "SELECT 1", {
      password,
      passfile: "/dev/null",
    });
    expect(stderr).toContain('password authentication failed for user "globex"');
    expect(code).toBe(2);
  });

  test("as the superuser is rejected over TCP", async () => {
    const { code, stderr } = await psql(at, stringsOf(strings, "acme"), "SELECT 1", {
      user: "pgtenants",
      dbname: "postgres",
    });
    expect(stderr).toContain('pg_hba.conf rejects connection for host "');
    expect(code).toBe(2);
  });

  test("sees a certificate that it can check: another CA is refused", async () => {
    const { code, stderr } = await psql(at, stringsOf(strings, "acme"), "SELECT 1", { sslrootcert: "system" });
    expect(stderr).toContain("certificate verify failed");
    expect(code).toBe(2);
  });

  test("cannot have channel binding, which a terminating router cannot give", async () => {
    const { code, stderr } = await psql(at, stringsOf(strings, "acme"), "SELECT 1", { channel_binding: "require" });
    expect(stderr).toContain("channel binding is required");
    expect(code).toBe(2);
  });
});

test("a session may be idle for longer than the router's read time-out", async () => {
  const client = await nodeClient(stringsOf(strings, "acme").nodePostgres);
  try {
    await sleep(12_000);
    expect((await client.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  } finally {
    await client.end();
  }
}, 30_000);

/** Sends the bytes and gives everything that comes back until the other side closes, which it must do within 15 s. */
function rawExchange(port: number, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error("the connection is still open after 15 s"));
    }, 15_000);
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks));
    });
  });
}

function parseUri(uri: string): { password?: string } {
  return { password: decodeURIComponent(new URL(uri).password) };
}
