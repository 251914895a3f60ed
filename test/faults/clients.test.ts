import { once } from "node:events";
import type { Client } from "pg";
import { afterAll, beforeAll, expect, vi } from "vitest";
import { connectFrom, nodeClient, type Origin } from "../e2e/support/clients.ts";
import { forgetConnections, logConnections, logUntilLogin } from "../e2e/support/connectionLog.ts";
import { outputOf } from "../e2e/support/shell.ts";
import { makeTestStack, type TestStack } from "../e2e/support/testStack.ts";
import { clientHello, sslRequest } from "../e2e/support/tlsClients.ts";
import { faultTest } from "./support/table.ts";
import { underWatch, uriOf } from "./support/underWatch.ts";

/** maxConnections of initech, the tenant that is attacked; the router lets one address have more. */
const limit = 10;
const attacker: Origin = { address: "127.0.0.66" };
const untouched = { recoversWithin: 0 };
let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack([]);
  const attacked = `{ id: initech, maxConnections: ${limit}, access: { maxConnectionsPerIp: 200 } }`;
  at.list("id: acme", "id: globex", attacked);
  await at.stack.up();
});
afterAll(() => at?.remove());

/** Sends the bytes, and gives what comes back until the other side closes, or has answered with TLS records. */
async function answerTo(bytes: Buffer): Promise<Buffer> {
  const socket = connectFrom(attacker, at.port).on("error", () => undefined);
  let answer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    answer = Buffer.concat([answer, chunk]);
    if (answer.length > 1) socket.destroy();
  });
  socket.setTimeout(15_000, () => socket.destroy());
  socket.write(bytes);
  await once(socket, "close");
  return answer;
}

/** A request for TLS and a ClientHello with these bytes as its server name. */
async function helloFor(name: Buffer): Promise<Buffer> {
  const placeholder = "x".repeat(name.length);
  const hello = await clientHello(placeholder);
  name.copy(hello, hello.indexOf(placeholder));
  return Buffer.concat([sslRequest, hello]);
}

/** How many connections reach the attacked server meanwhile, besides the one that looks. */
async function connectionsMeanwhile(act: () => Promise<void>): Promise<number> {
  const server = at.container("initech");
  await logConnections(server);
  try {
    const before = await logUntilLogin(server, await uriOf(at, "initech"));
    await act();
    const after = await logUntilLogin(server, await uriOf(at, "initech"), before);
    return after.length - before.length - 1;
  } finally {
    await forgetConnections(server);
  }
}

/** First byte of PostgreSQL's answer to a request for TLS, and of a TLS record that is part of a handshake. */
const [accepted, handshake] = ["S".charCodeAt(0), 22];

/** Those of the server names that somebody is there for: the handshake goes on. */
async function answered(names: readonly string[]): Promise<string[]> {
  const heard: string[] = [];
  for (const name of names) {
    const [first, second] = await answerTo(await helloFor(Buffer.from(name)));
    if (first === accepted && second === handshake) heard.push(name);
  }
  return heard;
}

faultTest("40", "server names that are nearly a tenant's: nobody's", (report) =>
  underWatch(at, report, untouched, async () => {
    const host = `initech.${at.domain}`;
    const patterns = [`*.${at.domain}`, "*", "**"];
    const parts = [at.domain, `.${at.domain}`, "initech", `a.${host}`, `${"a".repeat(250 - host.length)}.${host}`];
    const slips = [`${host}.`, `${host}..`, `initech..${at.domain}`, `${host}:5432`, `initéch.${at.domain}`];
    const control = [`initech\0.${at.domain}`, `${host}\0`, `initech\n.${at.domain}`];
    const reached = await connectionsMeanwhile(async () => {
      expect(await answered([...patterns, ...parts, ...slips, ...control])).toEqual([]);
    });
    expect(reached).toBe(0);
  }),
);

faultTest("40", "a tenant's server name in capitals, or with a space before it: that tenant's", (report) =>
  underWatch(at, report, untouched, async () => {
    const host = `initech.${at.domain}`;
    const same = [host, host.toUpperCase(), ` ${host}`];
    const reached = await connectionsMeanwhile(async () => {
      expect(await answered(same)).toEqual(same);
    });
    expect(reached).toBe(same.length);
  }),
);

faultTest("41", "plain bytes right behind the request for TLS: nothing of them is read as PostgreSQL", (report) =>
  underWatch(at, report, untouched, async () => {
    const fields = "user\0initech\0database\0initech\0\0";
    const startup = Buffer.from(`\0\0\0${String.fromCharCode(8 + fields.length)}\0\x03\0\0${fields}`, "latin1");
    const query = Buffer.from("Q\0\0\0\x0dSELECT 1\0", "latin1");
    const reached = await connectionsMeanwhile(async () => {
      const answer = await answerTo(Buffer.concat([sslRequest, startup, query]));
      expect(answer.subarray(1).toString("latin1")).not.toMatch(/^[RETZN]/);
    });
    expect(reached).toBe(0);
  }),
);

/**
 * What a client is told: PostgreSQL's too_many_connections; or its connection is closed, for the container has no more processes, and the server
 * could start none to answer. Closed with bytes of the client still unread, it is reset.
 */
const refused = /^53300$|^ECONNRESET$|Connection terminated unexpectedly/;

const soon = (attempt: () => Promise<void>) => vi.waitFor(attempt, { timeout: 5000, interval: 100 });

const attack = async (uri: string): Promise<Client> =>
  (await nodeClient(uri, "", attacker)).on("error", () => undefined);

faultTest("44", "a hundred connections too many, with the right password", (report) =>
  underWatch(at, report, untouched, async () => {
    const uri = await uriOf(at, "initech");
    const clients = [await nodeClient(uri)];
    const [earlier] = clients;
    const attempts = await Promise.allSettled(Array.from({ length: limit + 100 }, () => attack(uri)));
    clients.push(...attempts.flatMap((attempt) => (attempt.status === "fulfilled" ? [attempt.value] : [])));
    const refusals = attempts.flatMap((attempt) => (attempt.status === "rejected" ? [attempt.reason] : []));
    try {
      for (const { code, message } of refusals) expect(code ?? message).toMatch(refused);
      expect(refusals).toContainEqual(expect.objectContaining({ code: "53300" }));
      // Of logins at the same instant PostgreSQL may refuse all, though there is room for some: each counts the others.
      await soon(async () => {
        while (clients.length < limit) clients.push(await attack(uri));
      });
      expect(clients).toHaveLength(limit);
      await expect(attack(uri)).rejects.toMatchObject({ code: "53300" });
      expect((await earlier?.query("SELECT 1 AS one"))?.rows).toEqual([{ one: 1 }]);
      const operator = ["exec", at.container("initech"), "psql", "-qAtc", "SELECT 'came in'"];
      expect(await outputOf("docker", operator)).toBe("came in");
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
    // A server process counts for a moment after its client has gone.
    await soon(async () => (await nodeClient(uri)).end());
  }),
);
