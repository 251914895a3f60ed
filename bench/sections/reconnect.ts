import type { Bench } from "../bench.ts";
import { paths, type Reconnect } from "../results.ts";
import { inTurn } from "../support/inTurn.ts";
import { runPgbench } from "../support/pgbench.ts";
import { negotiations, targetBy } from "../support/ways.ts";

/** `pgbench --connect` over each path, asking for TLS in each way that it takes, in turn. */
export async function reconnect(bench: Bench): Promise<void> {
  const { clients, rounds, seconds } = bench.scope.reconnect;
  const rows: Reconnect[] = clients.flatMap((count) =>
    paths.flatMap((path) => negotiations(path).map((negotiation) => ({ path, negotiation, clients: count, runs: [] }))),
  );
  bench.results.reconnect = rows;
  const pair = await bench.pair();
  await inTurn(bench, "reconnect", rows, rounds, {
    name: (row) => `${row.path}, ${row.negotiation}, clients: ${row.clients}`,
    run: async (row) => {
      const target = await targetBy(row.path, row.negotiation, pair);
      return runPgbench(target, { clients: row.clients, mode: "simple", reconnect: true, amount: { seconds } });
    },
  });
}
