import { expect, test } from "vitest";
import { added, renderTable } from "../../faults/support/table.ts";

test("counts add up, of times the longest counts, and what nobody saw stays out", () => {
  expect(added({ commits: 3, lost: 0, recovery: 20 }, { commits: 4, lost: 1, recovery: 10 })).toEqual({
    commits: 7,
    lost: 1,
    recovery: 20,
  });
  expect(added({ lost: 1 }, { neighbourErrors: 0 })).toEqual({ lost: 1, neighbourErrors: 0 });
  expect(added({}, {})).toEqual({});
});

test("a row says what was seen, in the order of the numbers, and the last line sums up", () => {
  const seen = { commits: 120, lost: 0, asked: 40, neighbourErrors: 0, neighbourP99: 4.6 };
  const table = renderTable([
    { row: { number: "14", what: "killed", ...seen, recovery: 1249 }, verdict: "passed" },
    { row: { number: "7", what: "left out", ...seen, lost: 2, recovery: 0 }, verdict: "failed" },
    {
      row: { number: "18", what: "engine", ...seen, inherent: 7, reconnects: 1, away: 3210, recovery: 5000 },
      verdict: "passed",
    },
    { row: { number: "30", what: "not run" }, verdict: "skipped" },
  ]);
  expect(table).toBe(
    [
      "CASE  FAULT     LOST COMMITS  NEIGHBOUR ERRORS                                           NEIGHBOUR P99  RECOVERY         VERDICT",
      "7     left out  2 of 120      0 of 40                                                    5 ms           no interruption  FAILED",
      "14    killed    0 of 120      0 of 40                                                    5 ms           1.2 s            holds",
      "18    engine    0 of 120      0 of 40; by the fault: errors 7, reconnects 1, away 3.2 s  5 ms           5.0 s            holds",
      "30    not run   -             -                                                          -              -                not run",
      "",
      "4 cases: 2 hold, 1 failed, 1 not run. Lost commits: 2 of 360. Neighbour errors: 0 of 120.",
      "",
    ].join("\n"),
  );
});
