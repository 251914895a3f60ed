import { codeOf } from "./errorCode.ts";

/**
 * What became of a query that was begun and failed:
 * - `lost`: its connection ended, as when the server restarts. Whether a change was made is not known.
 * - `slow`: it took longer than the client or the server allows.
 * - `failed`: the server refused it.
 */
export type QueryFailure = "lost" | "slow" | "failed";

/** PostgreSQL's classes 08, connection exception, and 57P, operator intervention; the system's errors of sockets. */
const lost = /^(08...|57P..|ECONNRESET|EPIPE|ETIMEDOUT)$/;
const queryCanceled = "57014";

/** node-postgres tells some by words alone. */
const words: readonly [RegExp, QueryFailure][] = [
  [/^Connection terminated/, "lost"],
  [/^Client has encountered a connection error/, "lost"],
  [/^Query read timeout$/, "slow"],
];

/** Tells from what a query threw. */
export function queryFailure(error: unknown): QueryFailure {
  const code = codeOf(error);
  if (code === queryCanceled) return "slow";
  if (code !== undefined) return lost.test(code) ? "lost" : "failed";
  const message = error instanceof Error ? error.message : "";
  return words.find(([pattern]) => pattern.test(message))?.[1] ?? "failed";
}
