import { randomBytes } from "node:crypto";
import { lines } from "../../../components/dockerCli.ts";
import { freeSubnet } from "../../e2e/support/engine.ts";
import { outputOf } from "../../e2e/support/shell.ts";

/** An address of this machine that containers with a way out reach, and nobody else: the gateway of a bridge that nobody is on. */
export interface StoreAddress {
  readonly address: string;
  readonly remove: () => Promise<void>;
}

/** To be made before the test's stack, whose own subnet is on the engine only when it is deployed. */
export async function storeAddress(): Promise<StoreAddress> {
  const subnet = await freeSubnet();
  const address = subnet.replace(/\.0\/24$/, ".1");
  const name = `pgtenants-store-${randomBytes(3).toString("hex")}`;
  const labels = ["--label", "dev.pgtenants.project=pgtenants"];
  await outputOf("docker", ["network", "create", ...labels, "--subnet", subnet, "--gateway", address, name]);
  return {
    address,
    remove: async () => {
      const found = lines(await outputOf("docker", ["network", "ls", "--quiet", "--filter", `name=^${name}$`]));
      if (found.length > 0) await outputOf("docker", ["network", "rm", ...found]);
    },
  };
}
