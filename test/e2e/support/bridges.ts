import { fileURLToPath } from "node:url";
import { freeSubnet, inspect } from "./engine.ts";
import { outputOf, run } from "./shell.ts";

const setup = fileURLToPath(new URL("../../../toolchain/setup", import.meta.url));

/** Places the rules of toolchain/setup/firewall.sh where they are missing. What comes back takes those away again. Needs root. */
export async function placeFirewallRules(): Promise<() => Promise<void>> {
  const step = (name: string, ...args: string[]) =>
    outputOf("bash", ["-c", `cd "${setup}" && source ./firewall.sh && ${name} "$@"`, "bash", ...args]);
  const rule = await step("firewall_rule");
  const placed: string[] = [];
  for (const tool of (await step("firewall_tools")).split("\n")) {
    if ((await run("sh", ["-c", await step("firewall_check", tool)])).code === 0) continue;
    await outputOf("sh", ["-c", await step("firewall_command", tool)]);
    placed.push(tool);
  }
  return async () => {
    for (const tool of placed) await outputOf(tool, ["-D", "INPUT", ...rule.split(" ")]);
  };
}

/**
 * Gives `use` a container like a tenant's, on a bridge like a tenant's but for its interface's name, which no firewall rule of ours is for: what
 * it reaches and a tenant does not, the rule keeps from tenants. It goes away with the stack's other things.
 */
export async function withOtherBridge(
  stack: string,
  tenant: string,
  use: (container: string) => Promise<void>,
): Promise<void> {
  const name = `${stack}-other`;
  const label = ["--label", `dev.pgtenants.stack=${stack}`];
  const image = await inspect(tenant, "{{.Config.Image}}");
  const bridge = ["--internal", "--opt", "com.docker.network.bridge.enable_icc=false", "--subnet", await freeSubnet()];
  try {
    await outputOf("docker", ["network", "create", ...bridge, ...label, name]);
    const command = ["--network", name, "--init", "--entrypoint", "sleep", image, "300"];
    await outputOf("docker", ["run", "--detach", "--rm", "--name", name, ...label, ...command]);
    await use(name);
  } finally {
    await run("docker", ["rm", "--force", name]);
    await run("docker", ["network", "rm", name]);
  }
}

/** Addresses of both ends of {@link withLink}, link-local, so without a way to anywhere else. */
const near = "fe80::1";
const far = "fe80::2";

/**
 * Gives `use` a way to ask whether a port of this host is reached by IPv6 over an interface of this name. Tenants have no IPv6 addresses, so a
 * network namespace stands for one. All of it goes away afterwards. Needs root. `link` has at most 15 characters.
 */
export async function withLink(link: string, use: (reaches: (port: number) => Promise<boolean>) => Promise<void>) {
  const ip = (...args: string[]) => outputOf("ip", args);
  try {
    await ip("netns", "add", link);
    await ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", link);
    await ip("address", "add", `${near}/64`, "dev", link, "nodad");
    await ip("link", "set", link, "up");
    await ip("-netns", link, "address", "add", `${far}/64`, "dev", "eth0", "nodad");
    await ip("-netns", link, "link", "set", "eth0", "up");
    await use(async (port) => {
      const dial = `exec 3<>"/dev/tcp/${near}%eth0/${port}"`;
      const { code, stderr } = await run("ip", ["netns", "exec", link, "timeout", "3", "bash", "-c", dial]);
      if (code !== 0 && code !== 124 && !stderr.includes("/dev/tcp/")) throw new Error(`exit code ${code}: ${stderr}`);
      return code === 0;
    });
  } finally {
    await run("ip", ["link", "delete", link]);
    await run("ip", ["netns", "delete", link]);
  }
}
