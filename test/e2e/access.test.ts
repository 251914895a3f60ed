import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startProbe } from "../faults/support/probe.ts";
import { nodeClient, type Origin, stringsOf } from "./support/clients.ts";
import { forgetConnections, logConnections, logUntilLogin } from "./support/connectionLog.ts";
import { identity } from "./support/engine.ts";
import { headerV1, headerV2 } from "./support/proxyProtocol.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;

beforeAll(async () => {
  // Every address, as is the default: the router then sees clients by IPv4 on a socket of IPv6.
  at = await makeTestStack(["acme", "globex"], { listenAddress: "*" });
  await at.stack.up();
});
afterAll(() => at?.remove());

const uriOf = async (id: string) => stringsOf(await at.connectionStrings(), id).nodePostgres;

const home: Origin = { address: "127.0.0.1" };
const homeV6: Origin = { address: "::1" };
const stranger: Origin = { address: "127.0.0.2" };
const allowed = 'access: { allow: [127.0.0.0/31, "::1/128"] }';

/** What a client sees that the router lets go. */
const turnedAway = /socket disconnected before secure TLS connection|ECONNRESET/;

/** A session whose end is no error of the test. */
async function session(id: string, origin: Origin = home): Promise<pg.Client> {
  const client = await nodeClient(await uriOf(id), "", origin);
  return client.on("error", () => undefined);
}

async function comesIn(id: string, origin: Origin = home): Promise<void> {
  const client = await session(id, origin);
  expect((await client.query("SELECT current_user AS who")).rows).toEqual([{ who: id }]);
  await client.end();
}

async function isTurnedAway(id: string, origin: Origin = home): Promise<void> {
  await expect(session(id, origin)).rejects.toThrow(turnedAway);
}

const isOver = (client: pg.Client) => expect(client.query("SELECT 1")).rejects.toThrow();
const livesOn = (client: pg.Client) => expect(client.query("SELECT 1")).resolves.toBeDefined();

/** Deploys acme's entry with these fields. No container is touched by it, and globex's clients do not notice. */
async function change(fields: string): Promise<void> {
  const identities = () => Promise.all([at.container("acme"), at.container("globex"), at.router].map(identity));
  const before = await identities();
  const probe = await startProbe(await uriOf("globex"));
  try {
    at.list(`{ id: acme, ${fields} }`, "id: globex");
    await at.stack.up();
  } finally {
    await probe.stop();
  }
  const { errors, connections } = await probe.stop();
  expect(errors).toEqual([]);
  expect(connections).toBeGreaterThan(1);
  expect(await identities()).toEqual(before);
}

describe("allow", () => {
  test("lets in who comes from one of the networks, by IPv4 and IPv6; all sessions end, and only those come back", async () => {
    await change("access: {}");
    const sessions = await Promise.all([home, homeV6, stranger].map((origin) => session("acme", origin)));
    await change(allowed);
    for (const client of sessions) await isOver(client);
    await comesIn("acme", home);
    await comesIn("acme", homeV6);
    await isTurnedAway("acme", stranger);
    await comesIn("globex", stranger);

    await change("access: {}");
    await comesIn("acme", stranger);
  });

  test("keeps the others away from the server altogether", async () => {
    await change(allowed);
    await logConnections(at.container("acme"));
    try {
      const before = await logUntilLogin(at.container("acme"), await uriOf("acme"));
      for (let attempt = 0; attempt < 5; attempt += 1) await isTurnedAway("acme", stranger);
      const after = await logUntilLogin(at.container("acme"), await uriOf("acme"), before);
      expect(after.slice(before.length)).toHaveLength(1);
    } finally {
      await forgetConnections(at.container("acme"));
    }
  });
});

describe("maxConnectionsPerIp", () => {
  /** As many sessions as are let in, which must be this many. */
  async function fill(id: string, origin: Origin, limit: number): Promise<pg.Client[]> {
    const clients: pg.Client[] = [];
    for (let opened = 0; opened < limit; opened += 1) clients.push(await session(id, origin));
    await isTurnedAway(id, origin);
    return clients;
  }

  test("counts each address for each tenant alone, also where tenants have the same limit", async () => {
    at.list(...["acme", "globex"].map((id) => `{ id: ${id}, access: { maxConnectionsPerIp: 3 } }`));
    await at.stack.up();
    const [first, ...others] = [
      ...(await fill("acme", home, 3)),
      ...(await fill("acme", stranger, 3)),
      ...(await fill("globex", home, 3)),
    ];
    await first?.end();
    await comesIn("acme", home);
    for (const client of others) await livesOn(client);
    await Promise.all(others.map((client) => client.end()));
  });

  test("changes without ending a session, and counts anew from each writing of the routes", async () => {
    await change("access: { maxConnectionsPerIp: 3 }");
    const earlier = await fill("acme", home, 3);
    await change("access: { maxConnectionsPerIp: 4 }");
    for (const client of earlier) await livesOn(client);
    const later = await fill("acme", home, 4);
    await Promise.all([...earlier, ...later].map((client) => client.end()));
  });
});

describe("enabled", () => {
  test("false: no way in and no session left, while the server runs on; true: all is as before", async () => {
    await change("access: {}");
    const before = await session("acme");
    await before.query("CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer");

    await change("access: { enabled: false }");
    await isOver(before);
    await isTurnedAway("acme");
    const inside = ["exec", at.container("acme"), "psql", "-Atc", "SELECT answer FROM kept", "acme"];
    expect(await outputOf("docker", inside)).toBe("42");

    await change("access: { enabled: true }");
    const after = await session("acme");
    expect((await after.query("SELECT answer FROM kept")).rows).toEqual([{ answer: 42 }]);
    await after.query("DROP TABLE kept");
    await after.end();
  });
});

test("after the last tenant is stopped nothing is routed; running again, it is as before", async () => {
  at.list("{ id: acme, state: stopped }", "{ id: globex, state: stopped }");
  await at.stack.up();
  const router = await identity(at.router);
  await isTurnedAway("acme");
  await isTurnedAway("globex");
  expect(await outputOf("docker", ["exec", at.router, "cat", "/var/lib/traefik/routes/dynamic.yml"])).not.toContain(
    "HostSNI",
  );
  // The file that the router works by from its start.
  await outputOf("docker", ["restart", at.router]);
  await isTurnedAway("acme");

  at.list("id: acme", "id: globex");
  await at.stack.up();
  await comesIn("acme");
  await comesIn("globex");
  expect((await identity(at.router)).split(" ")[0]).toBe(router.split(" ")[0]);
});

test("the PROXY protocol: the client's address is believed from a trusted balancer, from nobody else", async () => {
  const balancer = "127.0.0.9";
  const [allowedClient, otherClient] = ["203.0.113.7", "198.51.100.7"];
  const throughBalancer = (header: Buffer): Origin => ({ address: balancer, header });
  await at.stack.setConfig("proxyProtocolFrom[0]", { value: `${balancer}/32` }, true);
  at.list("{ id: acme, access: { allow: [203.0.113.0/24], maxConnectionsPerIp: 1 } }", "id: globex");
  await at.stack.up();
  try {
    await comesIn("acme", throughBalancer(headerV1(allowedClient)));
    await comesIn("acme", throughBalancer(headerV2(allowedClient)));
    await isTurnedAway("acme", throughBalancer(headerV1(otherClient)));
    await isTurnedAway("acme", throughBalancer(headerV2(otherClient)));
    await isTurnedAway("acme", { address: "127.0.0.1", header: headerV1(allowedClient) });
    await isTurnedAway("acme", { address: "127.0.0.1", header: headerV2(allowedClient) });
    // Without a header, the balancer is a client like any other.
    await isTurnedAway("acme", { address: balancer });
    await comesIn("globex", { address: balancer });
    await comesIn("globex", home);

    const one = await session("acme", throughBalancer(headerV1(allowedClient)));
    await isTurnedAway("acme", throughBalancer(headerV1(allowedClient)));
    await comesIn("acme", throughBalancer(headerV1("203.0.113.8")));
    await one.end();
  } finally {
    await at.stack.removeConfig("proxyProtocolFrom", true);
    at.list("id: acme", "id: globex");
    await at.stack.up();
  }
  // Nobody's header is looked for any more: what begins with one is no PostgreSQL client.
  await expect(session("acme", throughBalancer(headerV1(allowedClient)))).rejects.toThrow("error establishing an SSL");
  await comesIn("acme", home);
});
