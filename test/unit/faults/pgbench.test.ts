import { expect, test } from "vitest";
import { readPgbench } from "../../faults/support/pgbench.ts";

const started = "pgbench (PostgreSQL) 18.6\n";
const progress = (tps: string, failed: number) =>
  `progress: 1.0 s, ${tps} tps, lat 1.7 ms stddev 0.3, ${failed} failed, lag 0.1 ms\n`;

test("transactions are summed from the lines of progress", () => {
  expect(readPgbench(`${started}${progress("49.6", 0)}${progress("51.0", 0)}`)).toEqual({
    transactions: 101,
    errors: [],
  });
});

test("a failed transaction and every other line is an error", () => {
  const refused = 'pgbench: error: connection to server failed: FATAL:  role "globex" is not permitted to log in';
  const failed = progress("48.0", 2);
  expect(readPgbench(`${started}${failed}${refused}\n`)).toEqual({
    transactions: 48,
    errors: [refused, expect.stringContaining("2 failed")],
  });
});
