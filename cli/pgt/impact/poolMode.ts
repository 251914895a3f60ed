import type { Reason } from "./reasons.ts";

/** Of a session, what ends with each transaction once its pool lends connections for one alone: see docs/pooling.md. */
const lost = "temporary tables, advisory locks, LISTEN, SET, cursors (DISCARD ALL)";

/**
 * What another mode of a connection pool does to whoever is in it; nothing where it is the same, or not known. PgBouncer takes it over while it runs. Open
 * clients stay connected, but what they began as sessions of their own does not outlive their next transaction.
 */
export function poolModeReasons(before: unknown, after: unknown): Reason[] {
  if (typeof before !== "string" || typeof after !== "string" || before === after) return [];
  const text = `pool mode ${before} → ${after}`;
  if (after !== "transaction") return [{ impact: "in place", text }];
  return [{ impact: "sessions end", text: `${text}: open ones lose what they keep between transactions: ${lost}` }];
}
