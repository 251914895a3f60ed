import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { figures } from "../../../bench/sections/stress.ts";
import { conninfo } from "../../../bench/support/pgbench.ts";
import { clientsThatGaveUp, cycles, parseLog, parseSummary } from "../../../bench/support/pgbenchOutput.ts";

const summary = `pgbench (18.6 (Debian 18.6-1))
transaction type: <builtin: select only>
scaling factor: 10
query mode: simple
number of clients: 8
number of threads: 2
maximum number of tries: 1
duration: 4 s
number of transactions actually processed: 51784
number of failed transactions: 0 (0.000%)
latency average = 0.618 ms
initial connection time = 41.003 ms
tps = 12946.123400 (without initial connection time)
`;

describe("parseSummary", () => {
  test("reads transactions and transactions per second", () => {
    expect(parseSummary(summary)).toEqual({ tps: 12946.1234, transactions: 51784 });
  });

  test.each([
    ["nothing", ""],
    ["a summary that was cut", summary.slice(0, summary.indexOf("tps"))],
  ])("refuses %s", (_, text) => {
    expect(() => parseSummary(text)).toThrow("not a summary of pgbench");
  });
});

describe("clientsThatGaveUp", () => {
  const refused =
    'connection to server at "127.0.0.1", port 5432 failed: FATAL:  database "acme" is not currently accepting connections';

  test.each([
    ["no error", "", 0],
    [
      "clients that could not connect",
      `pgbench: error: ${refused}\npgbench: error: client 2 aborted while establishing connection\n` +
        `pgbench: error: ${refused}\npgbench: error: client 0 aborted while establishing connection\n` +
        "pgbench: error: Run was aborted; the above results are incomplete.\n",
      2,
    ],
    [
      "a client whose session ended",
      "pgbench: error: client 1 script 0 aborted in command 1 query 0: FATAL:  terminating connection due to administrator command\n",
      1,
    ],
  ])("counts %s", (_, stderr, expected) => {
    expect(clientsThatGaveUp(stderr)).toBe(expected);
  });
});

/** Two clients; times as pgbench writes them. */
const log = parseLog("0 1 500 0 1763740800 999000\n1 1 700 0 1763740801 1000\n0 2 600 0 1763740801 3000\n");

describe("a log", () => {
  test("is read line by line, in microseconds", () => {
    expect(log).toEqual([
      { client: 0, latency: 500, at: 1763740800999000 },
      { client: 1, latency: 700, at: 1763740801001000 },
      { client: 0, latency: 600, at: 1763740801003000 },
    ]);
  });

  test("gives each client's intervals, over the turn of a second", () => {
    expect(cycles(log)).toEqual([4000]);
  });

  test("gives the figures of the stress: latencies of kept sessions", () => {
    expect(figures(log, false)).toEqual({
      requests: 3,
      average: 0.6,
      least: 0.5,
      most: 0.7,
      deviation: expect.closeTo(0.0816, 4),
      perSecond: expect.closeTo(3 / 0.0045, 6),
    });
  });

  test("gives the figures of the stress: intervals where each request connects", () => {
    expect(figures(log, true)).toMatchObject({ requests: 1, average: 4, least: 4, most: 4, deviation: 0 });
  });
});

/** libpq's own reading of a connection string, as far as `conninfo` writes it. */
function read(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/(\w+)='((?:[^'\\]|\\.)*)'/gs)];
  return Object.fromEntries(pairs.map(([, name = "", value = ""]) => [name, value.replaceAll(/\\(.)/gs, "$1")]));
}

test("conninfo reads back as it was meant, whatever is in the values", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,9}$/), fc.string()), (settings) => {
      expect(read(conninfo(settings))).toEqual({ ...settings });
    }),
  );
});
