import { describe, expect, test } from "vitest";
import { whyNoSchedule } from "../../../tenants/cron.ts";
import { parseRestoreTarget } from "../../../tenants/fromFields.ts";

describe("a schedule", () => {
  test.each(["0 2 * * 0", "*/15 * * * *", "0 8-18/2 1,15 * 1-5", "59 23 31 12 7"])("%s is one", (text) => {
    expect(whyNoSchedule(text)).toBeUndefined();
  });

  test.each([
    ["0 2 * *", "five fields are expected, 4 were got"],
    ["0 2 * * * *", "five fields are expected, 6 were got"],
    ["60 2 * * *", 'the minute is "60", expected 0 to 59'],
    ["0 24 * * *", 'the hour is "24", expected 0 to 23'],
    ["0 2 0 * *", 'the day of the month is "0", expected 1 to 31'],
    ["0 2 * 13 *", 'the month is "13", expected 1 to 12'],
    ["0 2 * * sun", 'the day of the week is "sun", expected 0 to 7'],
    ["0 2 * * 5-1", 'the day of the week is "5-1", expected 0 to 7'],
    ["0 2 * * */0", 'the day of the week is "*/0", expected 0 to 7'],
    ["0 2,, * * *", 'the hour is "2,,", expected 0 to 23'],
    ["@daily", "five fields are expected, 1 were got"],
  ])("%s is none", (text, why) => {
    expect(whyNoSchedule(text)).toContain(why);
  });
});

describe("a moment", () => {
  test.each([
    ["latest", { type: "latest" }],
    ["immediate", { type: "immediate" }],
    ["xid 4711", { type: "xid", value: "4711" }],
    ["lsn 0/3000060", { type: "lsn", value: "0/3000060" }],
    ["name before-migration", { type: "name", value: "before-migration" }],
    ["2026-11-21 12:30:00+01", { type: "time", value: "2026-11-21 11:30:00.000+00" }],
    ["2026-11-21T12:30Z", { type: "time", value: "2026-11-21 12:30:00.000+00" }],
    ["2026-11-21 12:30:00.5-0530", { type: "time", value: "2026-11-21 18:00:00.500+00" }],
  ])("%s is one", (text, target) => {
    expect(parseRestoreTarget(text)).toEqual(target);
  });

  test.each([
    "2026-11-21 12:30:00",
    "2026-13-21 12:30:00Z",
    "yesterday",
    "",
    "xid -1",
    "xid 0",
    "lsn 3000060",
    "name a b",
    "name '; DROP",
    "time 2026-11-21",
  ])("%s is none", (text) => {
    expect(parseRestoreTarget(text)).toBeUndefined();
  });
});
