// The firewall rule of toolchain/setup/firewall.sh: tenants reach nothing that this machine serves, this machine reaches tenants.
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { probeGateway } from "../../cli/hardening/gatewayProbe.ts";
import { placeFirewallRules, withLink, withOtherBridge } from "./support/bridges.ts";
import { nodeClient, stringsOf } from "./support/clients.ts";
import { inspect } from "./support/engine.ts";
import { address, gateway, reachesFrom, reachesFromHost, whileListeningAt } from "./support/reach.ts";
import { outputOf, run } from "./support/shell.ts";
import { makeTestStack, type TestStack } from "./support/testStack.ts";

/**
 * The IPv4 addresses of this machine but loopback's: the tenant's way to all of them is its bridge. Those of other networks of the engine are
 * left out, which come and go with other tests.
 */
const ownAddresses = () =>
  Object.entries(networkInterfaces())
    .filter(([name]) => !/^(br-|pgt-|veth)/.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ family, internal }) => family === "IPv4" && !internal)
    .map(({ address }) => address);

// Only root may look at the rule, or place it where set-up has not.
describe.runIf(process.getuid?.() === 0)("with the firewall rule", () => {
  let at: TestStack;
  let acme: string;
  let removeRules: () => Promise<void>;

  beforeAll(async () => {
    removeRules = await placeFirewallRules();
    at = await makeTestStack(["acme"], { listenAddress: "*" });
    await at.stack.up();
    acme = at.container("acme");
  });
  afterAll(async () => {
    await at?.remove();
    await removeRules?.();
  });

  test("the tenants' bridge has the interface that the rule is for", async () => {
    const id = `{{index .Options "com.docker.network.bridge.name"}}`;
    expect(await outputOf("docker", ["network", "inspect", "--format", id, at.router])).toBe(`pgt-${at.name}`);
    expect(Object.keys(networkInterfaces())).toContain(`pgt-${at.name}`);
  });

  test("a tenant reaches no listener on the bridge's own address, which a container on another bridge does", () =>
    withOtherBridge(at.name, acme, async (other) => {
      for (const [container, reached] of [
        [acme, false],
        [other, true],
      ] as const) {
        const host = await gateway(container);
        await whileListeningAt(host, async (port) => expect(await reachesFrom(container, host, port)).toBe(reached));
        await whileListeningAt("0.0.0.0", async (port) =>
          expect(await reachesFrom(container, host, port)).toBe(reached),
        );
      }
    }));

  test("nor by any other address of this machine, nor the router", () =>
    whileListeningAt("0.0.0.0", async (port) => {
      const addresses = ownAddresses();
      expect(addresses).not.toEqual([]);
      for (const host of addresses) {
        expect(await reachesFromHost(host, port)).toBe(true);
        expect(await reachesFrom(acme, host, port)).toBe(false);
      }
      expect(await reachesFromHost(await gateway(acme), at.port)).toBe(true);
      expect(await reachesFrom(acme, await gateway(acme), at.port)).toBe(false);
    }));

  test("nor what another container publishes", async () => {
    const image = await inspect(acme, "{{.Config.Image}}");
    const listener =
      "use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 9000, Listen => 5) or die; $s->accept while 1";
    const options = ["--rm", "--detach", "--init", "--label", `dev.pgtenants.stack=${at.name}`, "--publish", "9000"];
    const id = await outputOf("docker", ["run", ...options, "--entrypoint", "perl", image, "-e", listener]);
    try {
      const port = Number(await inspect(id, '{{(index (index .NetworkSettings.Ports "9000/tcp") 0).HostPort}}'));
      await expect.poll(() => reachesFromHost("127.0.0.1", port), { timeout: 10_000 }).toBe(true);
      expect(await reachesFrom(acme, await gateway(acme), port)).toBe(false);
      expect(await reachesFrom(acme, await address(id), 9000)).toBe(false);
    } finally {
      await run("docker", ["rm", "--force", id]);
    }
  });

  test("nor sends a datagram, which a container on another bridge does", () =>
    withOtherBridge(at.name, acme, async (other) => {
      const socket = createSocket("udp4");
      const received: string[] = [];
      socket.on("message", (message) => received.push(message.toString()));
      socket.bind(0, "0.0.0.0");
      await once(socket, "listening");
      try {
        for (const container of [acme, other]) {
          const target = `/dev/udp/${await gateway(container)}/${socket.address().port}`;
          await outputOf("docker", ["exec", container, "bash", "-c", `echo "from ${container}" >"${target}"`]);
        }
        await expect.poll(() => received, { timeout: 10_000 }).toContain(`from ${other}\n`);
        await sleep(500);
        expect(received).toEqual([`from ${other}\n`]);
      } finally {
        socket.close();
      }
    }));

  test("what comes in by IPv6 is kept out as well", () =>
    whileListeningAt("::", async (port) => {
      const suffix = randomBytes(3).toString("hex");
      await withLink(`v6-${suffix}`, async (reaches) => expect(await reaches(port)).toBe(true));
      await withLink(`pgt-${suffix}`, async (reaches) => expect(await reaches(port)).toBe(false));
    }));

  test("this machine reaches the tenant, and clients do through the router", async () => {
    expect(await reachesFromHost(await address(acme), 5432)).toBe(true);
    const client = await nodeClient(stringsOf(await at.connectionStrings(), "acme").nodePostgres);
    expect((await client.query("SELECT repeat('x', 1000000) AS long")).rows[0].long).toHaveLength(1_000_000);
    await client.end();
  });

  test("the probe that needs no root tells closed from open, and says where it cannot know", () =>
    withOtherBridge(at.name, acme, async (other) => {
      expect(await probeGateway(acme)).toEqual({ kind: "closed" });
      expect(await probeGateway(other)).toEqual({ kind: "open" });
      expect(await probeGateway(`${acme}-nobody`)).toEqual({
        kind: "unknown",
        reason: expect.stringContaining("No such object"),
      });
      await outputOf("docker", ["stop", acme]);
      try {
        expect(await probeGateway(acme)).toEqual({
          kind: "unknown",
          reason: expect.stringContaining("is it running?"),
        });
      } finally {
        await outputOf("docker", ["start", acme]);
      }
    }));
});
