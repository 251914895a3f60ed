import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inspect } from "./support/engine.ts";
import { withOutsideHost } from "./support/outsideHost.ts";
import {
  address,
  dial,
  gateway,
  getsThrough,
  reachesFrom,
  reachesFromHost,
  whileListeningAt,
} from "./support/reach.ts";
import { outputOf } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(["acme", "globex"]);
  await at.stack.up();
});
afterAll(() => at?.remove());

/** From a throw-away container of the tenants' image that is on the engine's default bridge. `timeout` cannot be its process 1. */
async function reachesFromDefaultBridge(host: string, port: number): Promise<boolean> {
  const image = await inspect(at.container("acme"), "{{.Config.Image}}");
  const [entrypoint = "", ...args] = dial;
  const options = ["--rm", "--init", "--label", `dev.pgtenants.stack=${at.name}`, "--network", "bridge"];
  return getsThrough(["run", ...options, "--entrypoint", entrypoint, image, ...args, host, String(port)]);
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

  test("cannot reach what the host serves on its loopback address", () =>
    whileListeningAt("127.0.0.1", async (port) => {
      expect(await reachesFromHost("127.0.0.1", port)).toBe(true);
      for (const host of ["127.0.0.1", await gateway(at.container("acme"))])
        expect(await reachesFrom(at.container("acme"), host, port)).toBe(false);
    }));

  test("has no other address than its own on the bridge", async () => {
    const addresses = await outputOf("docker", ["exec", at.container("acme"), "cat", "/proc/net/fib_trie"]);
    const local = [...addresses.matchAll(/\|-- (\S+)\n\s+\/32 host LOCAL/g)].map((match) => match[1]);
    expect([...new Set(local)].sort()).toEqual([await address(at.container("acme")), "127.0.0.1"].sort());
  });
});
