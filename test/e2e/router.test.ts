import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
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

test("a port that is taken fails the deployment, with the reason; freed, the next one succeeds", async () => {
  const other = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const bound = other.address();
  const taken = String(typeof bound === "object" && bound !== null ? bound.port : 0);
  const server = await identity(at.container("acme"));
  try {
    await at.stack.setConfig("port", { value: taken });
    await expect(at.stack.up()).rejects.toThrow("address already in use");
  } finally {
    other.close();
  }
  await at.stack.up();
  expect(await uri()).toContain(`:${taken}/`);
  await answers();
  expect(await identity(at.container("acme"))).toBe(server);

  await at.stack.setConfig("port", { value: String(at.port) });
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

test("a router whose volume was lost is no success, and the error says how to write its files again", async () => {
  await outputOf("docker", ["rm", "--force", at.router]);
  await outputOf("docker", ["volume", "rm", at.router]);
  await at.stack.refresh();
  await expect(at.stack.up()).rejects.toThrow("the router's volume holds no routes: it was made anew");
  await at.stack.up({ replace: ["**::traefik-certificate", "**::traefik-routes"] });
  await answers();
});
