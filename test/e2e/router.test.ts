import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { selfSigned } from "../support/certificates.ts";
import { nodeClient, stringsOf } from "./support/clients.ts";
import { identity, inspect } from "./support/engine.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(["acme"]);
  await at.stack.up();
});
afterAll(() => at?.remove());

const uri = async () => stringsOf(await at.connectionStrings(), "acme").nodePostgres;

async function answers(): Promise<void> {
  const client = await nodeClient(await uri());
  expect((await client.query("SELECT current_user AS who")).rows).toEqual([{ who: "acme" }]);
  await client.end();
}

test("the limit of processes, which the Docker provider cannot set, outlives a restart and comes with each new container", async () => {
  const limit = () => inspect(at.router, "{{.HostConfig.PidsLimit}}");
  expect(await limit()).toBe("512");
  await outputOf("docker", ["restart", at.router]);
  expect(await limit()).toBe("512");
  await outputOf("docker", ["rm", "--force", at.router]);
  await at.stack.up({ refresh: true });
  expect(await limit()).toBe("512");
  await answers();
});

/** Another program, which has a port of 127.0.0.1; gives the port. */
async function occupy(port: number): Promise<{ readonly port: string; readonly close: () => void }> {
  const other = createServer((socket) => socket.end()).listen(port, "127.0.0.1");
  await once(other, "listening");
  const bound = other.address() as AddressInfo;
  return { port: String(bound.port), close: () => other.close() };
}

test("a port that is taken is refused before anything is changed; freed, the next deployment succeeds", async () => {
  const server = await identity(at.container("acme"));
  const router = await identity(at.router);
  const other = await occupy(0);
  try {
    await at.stack.setConfig("port", { value: other.port });
    await expect(at.stack.up()).rejects.toThrow(`port: got ${other.port}, which another program on the engine's host`);
    expect(await identity(at.router)).toBe(router);
    await answers();
  } finally {
    other.close();
  }
  await at.stack.up();
  expect(await uri()).toContain(`:${other.port}/`);
  await answers();
  expect(await identity(at.container("acme"))).toBe(server);

  await at.stack.setConfig("port", { value: String(at.port) });
  await at.stack.up();
  await answers();
});

test("an address that the host does not have is refused before anything is changed", async () => {
  const router = await identity(at.router);
  await at.stack.setConfig("listenAddress", { value: "192.0.2.1" });
  try {
    await expect(at.stack.up()).rejects.toThrow("listenAddress: got 192.0.2.1, which the engine's host does not have");
    expect(await identity(at.router)).toBe(router);
    await answers();
  } finally {
    await at.stack.setConfig("listenAddress", { value: "127.0.0.1" });
  }
});

test("a router that does not listen is no success, and the error says why", async () => {
  await outputOf("docker", ["stop", at.router]);
  const other = await occupy(at.port);
  try {
    await at.stack.setConfig("proxyProtocolFrom", { value: '["192.0.2.0/24"]' });
    const failed = await at.stack.up().then(() => "succeeded", String);
    expect(failed).toContain("address already in use");
    expect(failed).not.toContain("Cannot update container");
  } finally {
    other.close();
    await at.stack.removeConfig("proxyProtocolFrom");
  }
  await at.stack.up();
  await answers();
});

test("a renewed certificate is taken over without ending a session, and the superseded key goes", async () => {
  const session = await nodeClient(await uri());
  const router = await identity(at.router);
  const { chain, key } = await selfSigned([`*.${at.domain}`]);
  const before = readFileSync(at.caFile, "utf8");
  writeFileSync(join(at.folder, "fullchain.pem"), chain);
  writeFileSync(join(at.folder, "privkey.pem"), key);
  await at.stack.up();

  await expect.poll(() => answers().then(() => "answers"), { timeout: 10_000 }).toBe("answers");
  expect((await session.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  await session.end();
  expect(await identity(at.router)).toBe(router);
  expect(chain).not.toBe(before);
  const files = await outputOf("docker", ["exec", at.router, "ls", "/var/lib/traefik/certificates"]);
  expect(files.split("\n")).toHaveLength(1);
});

test("a router whose volume was lost gets its files again with the next container", async () => {
  await outputOf("docker", ["rm", "--force", at.router]);
  await outputOf("docker", ["volume", "rm", at.routerFiles]);
  await at.stack.up({ refresh: true });
  await answers();
});

test("the router may read its files and not change them", async () => {
  const attempt =
    "cd /var/lib/traefik && ! touch routes/more.yml && ! touch more && ! sh -c '>routes/dynamic.yml' && cat routes/dynamic.yml";
  expect(await outputOf("docker", ["exec", at.router, "sh", "-c", attempt])).toContain(`acme.${at.domain}`);
});
