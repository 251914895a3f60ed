import type { Bench } from "../bench.ts";
import type { Stress } from "../results.ts";
import { routedTarget } from "../support/benchStack.ts";
import { outputOf } from "../support/execute.ts";
import { loadWith } from "../support/pgbench.ts";
import { cycles, type Logged } from "../support/pgbenchOutput.ts";
import { spread } from "../support/statistics.ts";

const ways = ["session kept", "connection per request"] as const;

/**
 * The reference stress: many clients at once on one tenant of 1 cpu and 512 MB, through Traefik. The bench sets both: the program gives
 * tenants shares of the processor, not a quota, and does not let 512 MB have so many connections.
 */
export async function stress({ scope, results, save, say, pair }: Bench): Promise<void> {
  const { requests, clients } = scope.stress;
  const { at, stressed } = await pair();
  await outputOf("docker", ["update", "--cpus=1", "--memory=512m", "--memory-swap=512m", stressed.container]);
  const target = await routedTarget(at, stressed);
  results.stress = [];
  for (const way of ways) {
    const reconnect = way === "connection per request";
    // Of a client with a connection for each request the first interval is unknown, so it makes one more.
    const transactions = Math.ceil(requests / clients) + (reconnect ? 1 : 0);
    const outcome = await loadWith(target, { clients, mode: "simple", reconnect, amount: { transactions } });
    const row = { way, clients, errors: outcome.errors, ...figures(outcome.log, reconnect) };
    results.stress.push(row);
    save();
    say(`${way}: ${row.requests} requests, ${row.average.toFixed(0)} ms on average, ${row.errors} errors`);
  }
}

/** Of the requests that were answered. */
export function figures(log: readonly Logged[], reconnect: boolean): Omit<Stress, "way" | "clients" | "errors"> {
  const times = (reconnect ? cycles(log) : log.map(({ latency }) => latency)).map((time) => time / 1000);
  const ends = log.map(({ at }) => at);
  const first = log.reduce((least, { at, latency }) => Math.min(least, at - latency), Number.POSITIVE_INFINITY);
  const seconds = (Math.max(...ends) - first) / 1_000_000;
  return { requests: times.length, perSecond: log.length / seconds, ...spread(times) };
}
