import { parse, stringify } from "yaml";

/** One tenant's route: connections for this server name go to this address. */
export interface Route {
  /** The tenant's id; it names router and service. */
  readonly id: string;
  /** The TLS server name (SNI) that leads here. */
  readonly host: string;
  /** The tenant's fixed IPv4 address on the bridge. */
  readonly address: string;
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

/**
 * Traefik's dynamic configuration for the whole list of tenants. Depends on plain values only, so a preview shows its change line by line,
 * and one broken tenant cannot keep another's route from being written. A running Traefik takes a change over without ending a session.
 *
 * @param routes at least one: Traefik ignores a configuration without routers, so the last removed tenant would stay routed.
 * @param certificateFile path, inside the router, of a PEM file with the wildcard certificate's chain and key.
 * @throws Error when a host or address is not what its pattern allows, or the text would be something else to Traefik than what was meant.
 */
export function renderDynamicConfig(routes: readonly Route[], certificateFile: string): string {
  if (routes.length === 0) throw new Error("dynamic.yml needs at least one route");
  const sorted = [...routes].sort((a, b) => (a.id < b.id ? -1 : 1));
  const options = {
    minVersion: "VersionTLS12",
    sniStrict: true,
    // libpq 17 and newer always offers this protocol and fails where the server does not know it; no other makes the certificate useless elsewhere.
    alpnProtocols: ["postgresql"],
  };
  const config = {
    tcp: {
      routers: Object.fromEntries(sorted.map((route) => [route.id, router(route)])),
      services: Object.fromEntries(sorted.map((route) => [route.id, service(route)])),
    },
    tls: {
      certificates: [{ certFile: certificateFile, keyFile: certificateFile }],
      options: { default: options, [tlsOptions]: options },
    },
  };
  return checked(stringify(config, { aliasDuplicateObjects: false, lineWidth: 0 }), config);
}

function router({ id, host }: Route) {
  if (!hostPattern.test(host)) throw new Error(`route ${id}: "${host}" is not a host name`);
  return {
    entryPoints: [entryPoint],
    rule: `HostSNI(\`${host}\`)`,
    service: id,
    priority,
    tls: { options: tlsOptions },
  };
}

function service({ id, address }: Route) {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(address)) throw new Error(`route ${id}: "${address}" is not an IPv4 address`);
  return { loadBalancer: { servers: [{ address: `${address}:${serverPort}` }] } };
}

/** Traefik runs the file as a Go template before it reads it as YAML: what is written must hold no action and read back as it was meant. */
function checked(text: string, meant: unknown): string {
  if (text.includes("{{")) throw new Error("dynamic.yml would hold a template action");
  if (JSON.stringify(parse(text)) !== JSON.stringify(meant))
    throw new Error("dynamic.yml does not read back as it was written");
  return text;
}
