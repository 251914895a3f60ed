import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { type ProbeFindings, startProbe } from "../faults/support/probe.ts";
import { faultTest, type Report } from "../faults/support/table.ts";
import { nodeClient, type Origin, stringsOf } from "./support/clients.ts";
import { forgetConnections, logConnections, logUntilLogin } from "./support/connectionLog.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";
import { clientHello, type SilentClient, silentClient, sslRequest } from "./support/tlsClients.ts";

/** The router's readTimeout and the servers' authentication_timeout, and what a busy machine may add. Milliseconds. */
const timeout = 10_000;
const grace = 2500;

/** maxConnections of acme and hooli, and so what one address may have. Their servers take 2 * maxConnections + 8 from everybody together. */
const perAddress = 10;

const attacker: Origin = { address: "127.0.0.66" };

let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(["acme", "globex", "hooli"]);
  const few = `maxConnections: ${perAddress}`;
  at.list(`{ id: acme, ${few} }`, "id: globex", `{ id: hooli, ${few}, tls: passthrough }`);
  await at.stack.up();
});
afterAll(() => at?.remove());

const uriOf = async (id: string) => stringsOf(await at.connectionStrings(), id).nodePostgres;
const hostOf = (id: string) => `${id}.${at.domain}`;
const opened: SilentClient[] = [];

function flood(count: number, pieces: readonly Buffer[], pause = 0): readonly SilentClient[] {
  const clients = Array.from({ length: count }, () => silentClient(at.port, pieces, attacker, pause));
  opened.push(...clients);
  return clients;
}

function letGo(): void {
  for (const client of opened.splice(0)) client.destroy();
}
afterEach(letGo);

/** Somebody else's client, while the flood is on. */
async function comesIn(id: string): Promise<void> {
  const client = await nodeClient(await uriOf(id));
  expect((await client.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  await client.end();
}

const lines = async (...args: readonly string[]) => (await outputOf("docker", args)).split("\n").length;
const openFiles = () => lines("exec", at.router, "ls", "/proc/1/fd");
const processes = (id: string) => lines("top", at.container(id));
const isBack = (count: () => Promise<number>, base: number, milliseconds: number) =>
  expect.poll(count, { timeout: milliseconds, interval: 200 }).toBeLessThanOrEqual(base);

/** All of them are closed by the other side, each within so many milliseconds of its connection. */
async function closeWithin(milliseconds: number, clients: readonly SilentClient[]): Promise<void> {
  await Promise.all(clients.map(({ closed }) => closed));
  for (const client of clients) expect(client.closedAfter()).toBeLessThan(milliseconds);
}

/** What globex's client sees meanwhile. */
async function watched(body: () => Promise<void>): Promise<ProbeFindings> {
  const probe = await startProbe(await uriOf("globex"));
  await body().finally(() => probe.stop());
  return probe.stop();
}

/**
 * Floods while globex is watched: no error, and no more than twice as slow as just before. Afterwards the router holds no more files than
 * before. Differences that two cores shared with other tests make by themselves are passed over.
 */
async function whileWatched(report: Report, body: () => Promise<void>): Promise<void> {
  const files = await openFiles();
  const idle = await watched(() => sleep(4000));
  const { errors, p50, p99 } = await watched(body);
  letGo();
  report({ neighbourErrors: errors.length, neighbourP99: p99 });
  expect(errors).toEqual([]);
  expect(p50).toBeLessThanOrEqual(2 * idle.p50 + 25);
  expect(p99).toBeLessThanOrEqual(2 * idle.p99 + 250);
  await isBack(openFiles, files, 5000);
}

faultTest("42", "1,000 connections for server names that nobody has", async (report) => {
  const [nobody, elsewhere] = await Promise.all([clientHello(hostOf("nobody")), clientHello("db.example.com")]);
  await logConnections(at.container("acme"));
  try {
    const before = await logUntilLogin(at.container("acme"), await uriOf("acme"));
    await whileWatched(report, async () => {
      for (let round = 0; round < 19; round += 1) {
        await closeWithin(timeout / 2, [
          ...flood(25, [Buffer.concat([sslRequest, nobody])]),
          ...flood(25, [elsewhere]),
        ]);
      }
      // Covered by the wildcard certificate, and without PostgreSQL's request for TLS: Traefik begins TLS, to answer as a web server would.
      await closeWithin(timeout + grace, flood(50, [nobody]));
    });
    const after = await logUntilLogin(at.container("acme"), await uriOf("acme"), before);
    // The login that ends the log, and no process forked for any of the thousand.
    expect(after.slice(before.length)).toHaveLength(1);
  } finally {
    await forgetConnections(at.container("acme"));
  }
});

faultTest("43", "silence and slowness before the server name is known", async (report) => {
  const hello = await clientHello(hostOf("acme"));
  const bytes = (buffer: Buffer) => Array.from(buffer, (byte) => Buffer.from([byte]));
  await whileWatched(report, async () => {
    const base = await processes("acme");
    const clients = [
      ...flood(60, []),
      ...flood(60, [sslRequest]),
      ...flood(60, bytes(sslRequest), 2000),
      ...flood(60, [sslRequest, ...bytes(hello)], 100),
      ...flood(60, bytes(hello), 100),
    ];
    await sleep(1000);
    await comesIn("acme");
    await isBack(() => processes("acme"), base, 2000);
    await closeWithin(timeout + grace, clients);
  });
});

/** One address begins TLS a hundred times and keeps silent. Gives those that were let in, when all others have been closed at once. */
async function helloAndSilence(id: string): Promise<readonly SilentClient[]> {
  const base = await processes(id);
  const clients = flood(100, [sslRequest, await clientHello(hostOf(id))], 50);
  await sleep(3000);
  const held = clients.filter(({ closedAfter }) => closedAfter() === undefined);
  expect(held).toHaveLength(perAddress);
  await comesIn(id);
  // The server lets go of them by itself.
  await isBack(() => processes(id), base, timeout + grace);
  await comesIn(id);
  return held;
}

faultTest("43", "silence after the server name, TLS at the tenant", (report) =>
  whileWatched(report, async () => closeWithin(timeout + grace, await helloAndSilence("hooli"))),
);

// Here Traefik 3.7.9 waits for the client's part of the handshake for as long as the client stays, after the server has gone: see docs/access.md.
faultTest("43", "silence after the server name, TLS at the router", (report) =>
  whileWatched(report, async () => {
    await helloAndSilence("acme");
  }),
);
