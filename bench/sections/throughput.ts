import type { Bench } from "../bench.ts";
import { paths, type Throughput } from "../results.ts";
import { inTurn } from "../support/inTurn.ts";
import { runPgbench } from "../support/pgbench.ts";
import { negotiations, targetBy } from "../support/ways.ts";

/** `pgbench --select-only` over each path in turn, round after round. */
export async function throughput(bench: Bench): Promise<void> {
  const { modes, clients, rounds, seconds } = bench.scope.throughput;
  const rows: Throughput[] = modes.flatMap((mode) =>
    clients.flatMap((count) => paths.map((path) => ({ path, mode, clients: count, runs: [] }))),
  );
  bench.results.throughput = rows;
  const pair = await bench.pair();
  await inTurn(bench, "throughput", rows, rounds, {
    name: (row) => `${row.path}, ${row.mode}, clients: ${row.clients}`,
    run: async (row) => {
      const target = await targetBy(row.path, negotiations(row.path)[0] ?? "none", pair);
      return runPgbench(target, { clients: row.clients, mode: row.mode, amount: { seconds } });
    },
  });
}
