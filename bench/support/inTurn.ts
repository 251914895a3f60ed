import type { Bench } from "../bench.ts";
import type { PgbenchRun, SectionName } from "../results.ts";

/** One of the things that are compared. */
interface Compared {
  readonly runs: PgbenchRun[];
}

/**
 * Runs everything that is compared once in each round, one after the other (A B A B), and saves each run. What failed is noted and left out
 * from then on, so that run and round of all others stay in step.
 */
export async function inTurn<Row extends Compared>(
  { save, say, miss }: Bench,
  section: SectionName,
  rows: readonly Row[],
  rounds: number,
  { name, run }: { readonly name: (row: Row) => string; readonly run: (row: Row) => Promise<PgbenchRun> },
): Promise<void> {
  const failed = new Set<Row>();
  for (let round = 1; round <= rounds; round += 1) {
    for (const row of rows.filter((one) => !failed.has(one))) {
      try {
        const done = await run(row);
        row.runs.push(done);
        save();
        say(`round ${round} of ${rounds}: ${name(row)}: ${done.tps.toFixed(0)} per second`);
      } catch (error) {
        failed.add(row);
        miss(section, `${name(row)}: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
}
