import { connect, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodeClient, stringsOf } from "./support/clients.ts";
import { inspect } from "./support/engine.ts";
import { withOutsideHost } from "./support/outsideHost.ts";
import { outputOf, run } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(["acme", "globex"]);
  await at.stack.up();
});
afterAll(() => at?.remove());

const address = (container: string) => inspect(container, "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}");

/** Opens a socket with what a tenant's image has: bash. Host and port follow. */
const dial = ["timeout", "3", "bash", "-c", 'exec 3<>"/dev/tcp/$1/$2"', "bash"];

/** Whether {@link dial}, run by the engine with these arguments, got through. That it could not be run is an error. */
async function getsThrough(args: readonly string[]): Promise<boolean> {
  const { code, stderr } = await run("docker", args);
  if (code !== 0 && code !== 124 && !stderr.includes("/dev/tcp/")) throw new Error(`exit code ${code}: ${stderr}`);
  return code === 0;
}

const reachesFrom = (container: string, host: string, port: number) =>
  getsThrough(["exec", container, ...dial, host, String(port)]);

/** From a throw-away container of the tenants' image that is on the engine's default bridge. `timeout` cannot be its process 1. */
async function reachesFromDefaultBridge(host: string, port: number): Promise<boolean> {
  const image = await inspect(at.container("acme"), "{{.Config.Image}}");
  const [entrypoint = "", ...args] = dial;
  const options = ["--rm", "--init", "--label", `dev.pgtenants.stack=${at.name}`, "--network", "bridge"];
  return getsThrough(["run", ...options, "--entrypoint", entrypoint, image, ...args, host, String(port)]);
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

  // Only root can make the outside.
  test.runIf(process.getuid?.() === 0)(
    "cannot open a socket to the outside, which the host and a container on the default bridge can",
    () =>
      withOutsideHost(at.name, async (host, port) => {
        expect(await reachesFromHost(host, port)).toBe(true);
        expect(await reachesFromDefaultBridge(host, port)).toBe(true);
        expect(await reachesFrom(at.container("acme"), host, port)).toBe(false);
      }),
  );

  test("is on one network: the stack's, which is internal and keeps its containers apart", async () => {
    const stack = `label=dev.pgtenants.stack=${at.name}`;
    const network = await outputOf("docker", ["network", "ls", "--filter", stack, "--format", "{{.Name}}"]);
    for (const id of ["acme", "globex"])
      expect(await inspect(at.container(id), "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}};{{end}}")).toBe(
        `${network};`,
      );
    const format = '{{.Internal}} {{index .Options "com.docker.network.bridge.enable_icc"}}';
    expect(await outputOf("docker", ["network", "inspect", "--format", format, network])).toBe("true false");
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
