import { connect, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeClient, stringsOf } from "./support/clients.ts";
import { freeSubnet, inspect } from "./support/engine.ts";
import { outputOf, run } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(["acme", "globex"]);
  await at.stack.up();
});
afterAll(() => at?.remove());

const address = (container: string) => inspect(container, "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}");

/** Opens a socket from inside a tenant's container, with what its image has: bash. */
async function reachesFrom(container: string, host: string, port: number): Promise<boolean> {
  const script = 'exec 3<>"/dev/tcp/$1/$2"';
  return (
    (await run("docker", ["exec", container, "timeout", "3", "bash", "-c", script, "bash", host, String(port)]))
      .code === 0
  );
}

function reachesFromHost(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 3000 }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("timeout", () => socket.destroy());
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(false));
  });
}

describe("a tenant's container", () => {
  test("reaches itself, and cannot open a socket to another tenant, which the host can", async () => {
    const globex = await address(at.container("globex"));
    expect(await reachesFrom(at.container("globex"), globex, 5432)).toBe(true);
    expect(await reachesFromHost(globex, 5432)).toBe(true);
    expect(await reachesFrom(at.container("acme"), globex, 5432)).toBe(false);
  });

  test("cannot open a socket to the outside: a network beside its own, which the host can", async () => {
    const outside = `pgtenants-${at.name}-outside`;
    const label = `dev.pgtenants.stack=${at.name}`;
    const image = await inspect(at.container("acme"), "{{.Config.Image}}");
    await outputOf("docker", ["network", "create", "--label", label, "--subnet", await freeSubnet(), outside]);
    try {
      const server = [
        "--name",
        outside,
        "--label",
        label,
        "--network",
        outside,
        "--tmpfs",
        "/var/lib/postgresql:uid=999,gid=999",
      ];
      await outputOf("docker", [
        "run",
        "--detach",
        ...server,
        "--tmpfs",
        "/run/postgresql:uid=999,gid=999",
        image,
        "postgres",
        "-c",
        "listen_addresses=*",
      ]);
      const host = await address(outside);
      await expect.poll(() => reachesFromHost(host, 5432), { timeout: 20_000 }).toBe(true);
      expect(await reachesFrom(at.container("acme"), host, 5432)).toBe(false);
    } finally {
      await run("docker", ["rm", "--force", "--volumes", outside]);
      await run("docker", ["network", "rm", outside]);
    }
  });

  test("cannot reach what the host serves on its loopback address", async () => {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const bound = server.address();
      const port = typeof bound === "object" && bound !== null ? bound.port : 0;
      expect(await reachesFromHost("127.0.0.1", port)).toBe(true);
      for (const host of ["127.0.0.1", await gateway()])
        expect(await reachesFrom(at.container("acme"), host, port)).toBe(false);
    } finally {
      server.close();
    }
  });

  test("has no other address than its own on the bridge", async () => {
    const addresses = await outputOf("docker", ["exec", at.container("acme"), "cat", "/proc/net/fib_trie"]);
    const local = [...addresses.matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g)].map((match) => match[1]);
    expect([...new Set(local)].sort()).toEqual([await address(at.container("acme")), "127.0.0.1"].sort());
  });
});

const gateway = () => inspect(at.container("acme"), "{{range .NetworkSettings.Networks}}{{.Gateway}}{{end}}");

describe("every container of the stack", () => {
  const format =
    "{{.Config.User}} {{.HostConfig.CapDrop}} {{.HostConfig.CapAdd}} {{.HostConfig.Privileged}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.SecurityOpt}}";

  test("runs as an ordinary user, without capabilities, without a writable root", async () => {
    const names = (
      await outputOf("docker", [
        "ps",
        "--all",
        "--format",
        "{{.Names}}",
        "--filter",
        `label=dev.pgtenants.stack=${at.name}`,
      ])
    ).split("\n");
    expect(names.sort()).toEqual([at.router, at.container("acme"), at.container("globex")].sort());
    for (const name of names) {
      const user = name === at.router ? "65532:65532" : "999:999";
      expect(await inspect(name, format)).toBe(`${user} [ALL] [] false true [no-new-privileges:true]`);
      const status = await outputOf("docker", ["exec", name, "cat", "/proc/1/status"]);
      expect(status).toMatch(/^CapEff:\t0+$/m);
      expect(status).toMatch(/^CapBnd:\t0+$/m);
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
      expect((await run("docker", ["exec", name, "sh", "-c", ": > /etc/written"])).stderr).toContain(
        "Read-only file system",
      );
    }
  });

  test("publishes no port, and mounts nothing but its own volume", async () => {
    for (const name of [at.router, at.container("acme"), at.container("globex")]) {
      expect(await inspect(name, "{{json .HostConfig.PortBindings}}")).toMatch(/^({}|null)$/);
      expect(await inspect(name, "{{range .Mounts}}{{.Type}} {{.Name}} {{end}}")).toBe(`volume ${name}`);
    }
  });
});

test.each([
  ["a superuser of its own", "CREATE ROLE another SUPERUSER"],
  ["another role", "CREATE ROLE another"],
  ["the superuser's role", "SET ROLE postgres"],
  ["a program on the server", "COPY (SELECT 1) TO PROGRAM 'id'"],
  ["a file of the server", "SELECT pg_read_file('/etc/passwd')"],
  ["the server's settings", "ALTER SYSTEM SET work_mem = '1GB'"],
  ["a database of its own", "CREATE DATABASE another"],
  ["an untrusted extension", "CREATE EXTENSION file_fdw"],
  ["a library of its own", "LOAD '/tmp/library.so'"],
])("a tenant is denied %s", async (_, sql) => {
  const client = await nodeClient(stringsOf(await at.connectionStrings(), "acme").nodePostgres);
  try {
    await expect(client.query(sql)).rejects.toThrow(/permission denied|must be superuser|access to library/);
  } finally {
    await client.end();
  }
});

test("a tenant cannot enter the databases of the server's operator", async () => {
  const uri = new URL(stringsOf(await at.connectionStrings(), "acme").nodePostgres);
  for (const database of ["postgres", "template1"]) {
    uri.pathname = `/${database}`;
    await expect(nodeClient(uri.href)).rejects.toThrow(`permission denied for database "${database}"`);
  }
});
