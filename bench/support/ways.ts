import type { PathName, Reconnect } from "../results.ts";
import { loopback, targetOf } from "./benchStack.ts";
import type { Pair } from "./pair.ts";
import type { Target } from "./pgbench.ts";

type Negotiation = Reconnect["negotiation"];

/** The ways of asking for TLS that a path takes, the usual one first. HAProxy does not know PostgreSQL's own. */
export function negotiations(path: PathName): readonly Negotiation[] {
  switch (path) {
    case "direct":
      return ["none"];
    case "directTls":
    case "traefik":
    case "passthrough":
    case "pgbouncer":
      return ["STARTTLS", "direct TLS"];
    case "haproxy":
      return ["direct TLS"];
    default:
      return path satisfies never;
  }
}

/** A target for pgbench by one path. Every certificate is verified. */
export function targetBy(path: PathName, negotiation: Negotiation, pair: Pair): Promise<Target> {
  const { tenant, hostaddr, port } = endOf(path, pair);
  const tls = negotiation === "none" ? { sslmode: "disable" } : { sslmode: "verify-full", sslrootcert: pair.at.caFile };
  const asking = negotiation === "direct TLS" ? { sslnegotiation: "direct" } : {};
  return targetOf(pair.at, tenant, { host: tenant.host, hostaddr, port: String(port), ...tls, ...asking });
}

function endOf(path: PathName, { at, terminated, sealed, peers }: Pair) {
  switch (path) {
    case "direct":
      return { tenant: terminated, hostaddr: terminated.address, port: 5432 };
    case "directTls":
      return { tenant: sealed, hostaddr: sealed.address, port: 5432 };
    case "traefik":
      return { tenant: terminated, hostaddr: loopback, port: at.port };
    case "passthrough":
      return { tenant: sealed, hostaddr: loopback, port: at.port };
    case "haproxy":
      return { tenant: terminated, hostaddr: loopback, port: peers.haproxy };
    case "pgbouncer":
      return { tenant: terminated, hostaddr: loopback, port: peers.pgbouncer };
    default:
      return path satisfies never;
  }
}
