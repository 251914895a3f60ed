import ipaddr from "ipaddr.js";
import { parse, stringify } from "yaml";

/** One tenant's route: connections for this server name go to this address. */
export interface Route {
  /** The tenant's id; it names router and service. */
  readonly id: string;
  /** The TLS server name (SNI) that leads here. */
  readonly host: string;
  /** The tenant's fixed IPv4 address on the bridge. */
  readonly address: string;
  /** The port there; 5432 by default. */
  readonly port?: number;
  /** TLS ends at the tenant's own server instead of at the router. Sessions live on when it changes. */
  readonly passthrough: boolean;
  /** Networks (CIDR) that clients may come from; empty: everybody. Anybody else is let go before TLS begins, and the server does not hear of it. */
  readonly allow: readonly string[];
  /** The most connections that one client address may have to this tenant; one more is closed at once. A whole number from 1. */
  readonly maxConnectionsPerIp: number;
}

/** The name of the entry point for PostgreSQL, in Traefik's static configuration as well. */
export const entryPoint = "postgres";

/** The name of the TLS options that every router uses. */
const tlsOptions = "postgresql";

/** Explicit and the same for all: Traefik then keeps its list in order without sorting by rule length at each router. */
const priority = 1;

const serverPort = 5432;

/** Stricter than Traefik's own `HostSNI`, which would also take a `*` that catches every tenant's clients. */
const hostPattern = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** Networks as Go's reader takes them: no zone, no leading zero, no shortened IPv4, all of which ipaddr.js would let pass. */
const networkPattern = /^[0-9a-f.:]+\/(0|[1-9][0-9]{0,2})$/i;

/**
 * Traefik's dynamic configuration for the whole list of tenants. Depends on plain values only, so a preview shows its change line by line,
 * and one broken tenant cannot keep another's route from being written. A running Traefik takes a change over without ending a session.
 *
 * Without routes there is no `tcp` part: Traefik 3.7 then takes every route away, while it refuses a file with an empty list of routers and
 * keeps the routes that it has. The TLS part is always there, as Traefik passes over a file that says nothing at all.
 *
 * @param certificateFile path, inside the router, of a PEM file with the wildcard certificate's chain and key.
 * @throws Error when a value is not what its pattern allows, or the text would be something else to Traefik than what was meant.
 */
export function renderDynamicConfig(routes: readonly Route[], certificateFile: string): string {
  const sorted = [...routes].sort((a, b) => (a.id < b.id ? -1 : 1));
  const options = {
    minVersion: "VersionTLS12",
    sniStrict: true,
    // libpq 17 and newer always offers this protocol and fails where the server does not know it; no other makes the certificate useless elsewhere.
    alpnProtocols: ["postgresql"],
  };
  const config = {
    ...(sorted.length > 0 ? { tcp: tcp(sorted) } : {}),
    tls: {
      certificates: [{ certFile: certificateFile, keyFile: certificateFile }],
      options: { default: options, [tlsOptions]: options },
    },
  };
  return checked(stringify(config, { aliasDuplicateObjects: false, lineWidth: 0 }), config);
}

function tcp(routes: readonly Route[]) {
  return {
    routers: Object.fromEntries(routes.map((route) => [route.id, router(route)])),
    services: Object.fromEntries(routes.map((route) => [route.id, service(route)])),
    middlewares: Object.fromEntries([...connectionLimits(routes), ...routes.flatMap(allowList)]),
  };
}

function router(route: Route) {
  const { id, host, allow, passthrough, maxConnectionsPerIp } = route;
  if (!hostPattern.test(host)) throw new Error(`route ${id}: "${host}" is not a host name`);
  return {
    entryPoints: [entryPoint],
    rule: `HostSNI(\`${host}\`)`,
    service: id,
    priority,
    // Whoever is not let in is not counted either.
    middlewares: [...(allow.length > 0 ? [allowListName(id)] : []), limitName(maxConnectionsPerIp)],
    tls: passthrough ? { passthrough } : { options: tlsOptions },
  };
}

function service({ id, address, port = serverPort }: Route) {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) throw new Error(`route ${id}: "${address}" is not an IPv4 address`);
  if (!Number.isSafeInteger(port) || port < 1 || port > 65_535) throw new Error(`route ${id}: ${port} is not a port`);
  return { loadBalancer: { servers: [{ address: `${address}:${port}` }] } };
}

const limitName = (amount: number) => `connections-${amount}`;
const allowListName = (id: string) => `allow-${id}`;

/** One definition for each amount. Traefik makes a middleware anew for each router that names it, so every tenant is still counted alone. */
function connectionLimits(routes: readonly Route[]): [string, object][] {
  for (const { id, maxConnectionsPerIp: amount } of routes) {
    if (!Number.isSafeInteger(amount) || amount < 1)
      throw new Error(`route ${id}: ${amount} is not a number of connections`);
  }
  const amounts = new Set(routes.map((route) => route.maxConnectionsPerIp));
  return [...amounts].sort((a, b) => a - b).map((amount) => [limitName(amount), { inFlightConn: { amount } }]);
}

function allowList({ id, allow }: Route): [string, object][] {
  const wrong = allow.find((network) => !isNetwork(network));
  if (wrong !== undefined) throw new Error(`route ${id}: "${wrong}" is not a network`);
  return allow.length > 0 ? [[allowListName(id), { ipAllowList: { sourceRange: [...allow] } }]] : [];
}

function isNetwork(text: string): boolean {
  const isCidr = ipaddr.IPv4.isValidCIDRFourPartDecimal(text) || ipaddr.IPv6.isValidCIDR(text);
  return isCidr && networkPattern.test(text);
}

/** Traefik runs the file as a Go template before it reads it as YAML: what is written must hold no action and read back as it was meant. */
function checked(text: string, meant: unknown): string {
  if (text.includes("{{")) throw new Error("dynamic.yml would hold a template action");
  if (JSON.stringify(parse(text)) !== JSON.stringify(meant))
    throw new Error("dynamic.yml does not read back as it was written");
  return text;
}
