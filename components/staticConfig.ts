import { entryPoint } from "./dynamicConfig.ts";

/** Where the router's volume is mounted; the image makes the folders in it. */
export const volumeFolder = "/var/lib/traefik";

/** The folder that Traefik watches. A folder, not a file: a file that was replaced by renaming would never be seen again. */
const routesFolder = `${volumeFolder}/routes`;

/** What of the stack's settings the router is started with. */
export interface StaticSettings {
  /** An IP address, or `*` for every address of the host. */
  readonly listenAddress: string;
  readonly port: number;
  /**
   * Networks (CIDR) of load balancers whose PROXY protocol header, version 1 or 2, says who the client is. Nobody else's header is believed.
   * Empty: the router does not look for one, and a connection that begins with one is let go.
   */
  readonly proxyProtocolFrom: readonly string[];
}

/** Traefik's static configuration, as arguments. Any change restarts the router, so every session ends once. */
export function staticArguments({ listenAddress, port, proxyProtocolFrom }: StaticSettings): string[] {
  return [
    `--entryPoints.${entryPoint}.address=${listener(listenAddress, port)}`,
    // A client that opens a connection and stays silent is let go after this time; the default is 60 s (GHSA-89p3-4642-cr2w).
    `--entryPoints.${entryPoint}.transport.respondingTimeouts.readTimeout=10s`,
    ...trustedProxies(proxyProtocolFrom),
    `--providers.file.directory=${routesFolder}`,
    "--providers.file.watch=true",
    // From a written file to a usable route; the default of 2 s would be most of a new tenant's waiting time.
    "--providers.providersThrottleDuration=100ms",
    "--global.checkNewVersion=false",
    "--global.sendAnonymousUsage=false",
    "--log.level=INFO",
    "--log.noColor=true",
  ];
}

/** The setting checked them; a comma in one of them would make two. */
function trustedProxies(networks: readonly string[]): string[] {
  return networks.length > 0 ? [`--entryPoints.${entryPoint}.proxyProtocol.trustedIPs=${networks.join(",")}`] : [];
}

function listener(listenAddress: string, port: number): string {
  if (listenAddress === "*") return `:${port}`;
  return listenAddress.includes(":") ? `[${listenAddress}]:${port}` : `${listenAddress}:${port}`;
}
