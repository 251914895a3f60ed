import * as docker from "@pulumi/docker";
import { gatewayOf } from "./addresses.ts";
import { ownerLabels } from "./names.ts";
import type { Settings } from "./settings.ts";

/**
 * The one bridge that all tenants of a stack live on, each at a fixed address. A tenant cannot open a connection to another, nor to
 * anything outside; the host reaches each. One bridge for all, because a network per tenant that the router joins was measured at
 * 1.1 s per tenant at 300.
 *
 * Any change replaces it, and with it every tenant's container: all of them are down for some seconds.
 */
export function tenantBridge(settings: Settings): docker.Network {
  return new docker.Network(
    "tenants",
    {
      name: settings.names.stack,
      driver: "bridge",
      internal: true,
      options: {
        "com.docker.network.bridge.enable_icc": "false",
        // The host's firewall drops what tenants begin towards the host, by this name: see docs/hardening.md.
        "com.docker.network.bridge.name": settings.names.bridgeInterface,
      },
      ipamConfigs: [{ subnet: settings.subnet, gateway: gatewayOf(settings.subnet) }],
      labels: ownerLabels(settings.stack),
    },
    { deleteBeforeReplace: true },
  );
}
