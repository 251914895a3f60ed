import type { PathName, PgbenchRun, Reconnect, Throughput } from "../results.ts";
import { median } from "../support/statistics.ts";

/** How a path is called on the page. */
export const pathNames: Record<PathName, string> = {
  direct: "direct, in clear",
  directTls: "direct, TLS",
  traefik: "Traefik, ends TLS",
  passthrough: "Traefik, passes TLS through",
  haproxy: "HAProxy, ends TLS",
  pgbouncer: "PgBouncer, ends TLS",
};

/**
 * How many times as many transactions a path does as another, round by round, as the median of the rounds: both runs of a round were
 * made one after the other.
 */
export function ratioOf(runs: readonly PgbenchRun[], base: readonly PgbenchRun[] | undefined): number | undefined {
  const ratios = runs.flatMap(({ tps }, round) => {
    const other = base?.[round]?.tps;
    return other === undefined ? [] : [tps / other];
  });
  return median(ratios);
}

/** The row of the direct, encrypted path that a row is measured against. */
export function throughputBase(rows: readonly Throughput[], { mode, clients }: Throughput): Throughput | undefined {
  return rows.find((row) => row.path === "directTls" && row.mode === mode && row.clients === clients);
}

/** The same for connections; a path that takes TLS in one way only is measured against the direct path in that way. */
export function reconnectBase(rows: readonly Reconnect[], { negotiation, clients }: Reconnect): Reconnect | undefined {
  const way = negotiation === "none" ? "STARTTLS" : negotiation;
  return rows.find((row) => row.path === "directTls" && row.negotiation === way && row.clients === clients);
}
