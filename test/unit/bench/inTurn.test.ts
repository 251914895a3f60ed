import { expect, test } from "vitest";
import type { Bench } from "../../../bench/bench.ts";
import { ratioOf } from "../../../bench/render/paths.ts";
import type { PgbenchRun } from "../../../bench/results.ts";
import { full } from "../../../bench/scope.ts";
import { inTurn } from "../../../bench/support/inTurn.ts";
import { everything } from "../../support/benchResults.ts";

/** A bench that measures nothing; `missed` is what it was told could not be measured. */
function idleBench() {
  const missed: string[] = [];
  const bench: Bench = {
    scope: full,
    results: structuredClone(everything),
    save: () => undefined,
    say: () => undefined,
    miss: (_, reason) => missed.push(reason),
    secondsLeft: () => 0,
    peersImage: "peers",
    pair: () => Promise.reject(new Error("no stack in this test")),
  };
  return { bench, missed };
}

function runOf(tps: number): PgbenchRun {
  return { tps, transactions: tps, p50: 1, p95: 1, p99: 1 };
}

test("everything runs once in each round, in the same order; what failed is noted once and left out", async () => {
  const { bench, missed } = idleBench();
  const rows = ["a", "b", "c"].map((name): { name: string; runs: PgbenchRun[] } => ({ name, runs: [] }));
  const order: string[] = [];
  await inTurn(bench, "throughput", rows, 3, {
    name: ({ name }) => name,
    run: async ({ name }) => {
      order.push(name);
      if (name === "b" && order.length > 3) throw new Error("the client gave up");
      return runOf(order.length);
    },
  });
  expect(order.join("")).toBe("abcabcac");
  expect(missed).toEqual(["b: the client gave up"]);
  expect(rows.map(({ runs }) => runs.map(({ tps }) => tps))).toEqual([[1, 4, 7], [2], [3, 6, 8]]);
});

test("a ratio is the median of the rounds' ratios, of rounds that both have", () => {
  const base = [100, 200, 400].map(runOf);
  expect(ratioOf([50, 150, 400].map(runOf), base)).toBe(0.75);
  expect(ratioOf([50].map(runOf), base)).toBe(0.5);
  expect(ratioOf([50].map(runOf), undefined)).toBeUndefined();
});
