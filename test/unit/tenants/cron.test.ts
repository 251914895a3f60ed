import { expect, test } from "vitest";
import { longestGapHours } from "../../../tenants/cron.ts";

test.each<[readonly string[], number | undefined]>([
  [["0 2 * * 0", "0 2 * * 1-6"], 24],
  [["0 2 * * 0", "never"], 168],
  [["0 2 * * *", "*/5 * * * *"], 1],
  [["30 8-18/2 * * *"], 14],
  [["0 2 1 * *"], 744],
  // Either day is enough.
  [["0 0 1 * 7"], 168],
  [["15,45 * * * *"], 1],
  [["0 0 1 1 *"], 8760],
  [["5/30 2 * * *"], 24],
  [["0 0 29 2 *", "never"], undefined],
  [["never", "never"], undefined],
])("the longest time that %j leave is %s hours", (schedules, hours) => {
  expect(longestGapHours(schedules)).toBe(hours);
});
