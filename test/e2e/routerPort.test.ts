import { randomBytes, randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { traefikImageTag } from "../../components/images.ts";
import { stackNames } from "../../components/names.ts";
import { refusedListener } from "../../components/routerPort.ts";
import { removeByStack } from "./support/engine.ts";
import { outputOf } from "./support/shell.ts";

const stack = `e2e-${randomBytes(3).toString("hex")}`;
const names = stackNames(stack);
const traefikImage = traefikImageTag();
const taken = "which another program on the engine's host has, expected a free one";
const foreign = "which the engine's host does not have, expected an address of its own";

const programs: Server[] = [];
afterEach(async () => {
  for (const program of programs.splice(0)) program.close();
  await removeByStack(stack);
});

/** A program that listens, on a free port where none is given; gives the port. */
async function listen(address: string, port?: number): Promise<number> {
  const given = port ?? (await freePort());
  const program = createServer().listen(given, address);
  programs.push(program);
  await once(program, "listening");
  return given;
}

/** Free on every address, and below the ports that the kernel gives to outgoing connections. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const program = createServer().listen(port, "::");
    // Rejects where an "error" comes first.
    const free = await once(program, "listening").then(
      () => true,
      () => false,
    );
    if (!free) continue;
    program.close();
    await once(program, "close");
    return port;
  }
}

/** A router that listens there, without routes. */
async function startRouter(listener: string): Promise<void> {
  const label = ["--label", "dev.pgtenants.project=pgtenants", "--label", `dev.pgtenants.stack=${stack}`];
  const address = `--entryPoints.postgres.address=${listener}`;
  const run = ["run", "--detach", "--pull=never", "--network=host", "--name", names.stack, ...label, traefikImage];
  await outputOf("docker", [...run, address]);
  const port = listener.slice(listener.lastIndexOf(":") + 1);
  const hex = Number(port).toString(16).toUpperCase().padStart(4, "0");
  const sockets = () => outputOf("docker", ["exec", names.stack, "cat", "/proc/net/tcp", "/proc/net/tcp6"]);
  await expect.poll(sockets, { timeout: 10_000 }).toContain(`:${hex} 0`);
}

function ask(listenAddress: string, port: number): Promise<string[]> {
  return refusedListener({ stack, names, traefikImage, listenAddress, port, proxyProtocolFrom: [] });
}

async function containers(): Promise<number> {
  const found = await outputOf("docker", ["ps", "--all", "--quiet", "--filter", `label=dev.pgtenants.stack=${stack}`]);
  return found.split("\n").length;
}

test("without a router nothing is tried", async () => {
  expect(await ask("192.0.2.1", await listen("127.0.0.1"))).toEqual([]);
});

test.each(["127.0.0.1", "*"])("another port is free or taken: listenAddress %s", async (address) => {
  await startRouter(`127.0.0.1:${await freePort()}`);
  expect(await ask(address, await freePort())).toEqual([]);
  const port = await listen("127.0.0.1");
  expect(await ask(address, port)).toEqual([expect.stringContaining(`port: got ${port}, ${taken}`)]);
  expect(await containers()).toBe(1);
});

test("a router that listens on one address is not in its own way when it is to listen on all, but others are", async () => {
  const port = await freePort();
  await startRouter(`127.0.0.1:${port}`);
  expect(await ask("127.0.0.1", port)).toEqual([]);
  expect(await ask("*", port)).toEqual([]);
  await listen("127.0.0.2", port);
  expect(await ask("*", port)).toEqual([expect.stringContaining(taken)]);
  expect(await ask("127.0.0.2", port)).toEqual([expect.stringContaining(taken)]);
  expect(await ask("127.0.0.3", port)).toEqual([]);
});

test("a router that listens on all addresses may go to one, of this host, on the same port", async () => {
  const port = await freePort();
  await startRouter(`:${port}`);
  for (const address of ["127.0.0.1", "::1", "0.0.0.0", "::"]) expect(await ask(address, port)).toEqual([]);
  for (const address of ["192.0.2.1", "2001:db8::1"])
    expect(await ask(address, port)).toEqual([expect.stringContaining(`listenAddress: got ${address}, ${foreign}`)]);
});

test("a stopped router holds no port", async () => {
  const port = await freePort();
  await startRouter(`:${port}`);
  await outputOf("docker", ["stop", names.stack]);
  expect(await ask("127.0.0.1", port)).toEqual([]);
  await listen("127.0.0.1", port);
  expect(await ask("127.0.0.1", port)).toEqual([expect.stringContaining(taken)]);
});

test("an address that cannot be listened on for another reason is refused with the kernel's words", async () => {
  await startRouter(`127.0.0.1:${await freePort()}`);
  expect(await ask("fe80::1", await freePort())).toEqual([expect.stringContaining("(invalid argument)")]);
});

test("a trial that fails for another reason is an error, not a verdict", async () => {
  await startRouter(`127.0.0.1:${await freePort()}`);
  const question = { stack, names, listenAddress: "127.0.0.1", port: await freePort(), proxyProtocolFrom: [] };
  await expect(refusedListener({ ...question, traefikImage: "localhost/pgtenants/absent:1" })).rejects.toThrow(
    "No such image",
  );
});
