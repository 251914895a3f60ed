import { expect, test } from "vitest";
import { formatAge } from "../../../cli/age.ts";

test.each([
  [0, "0 s"],
  [119, "119 s"],
  [120, "2 min"],
  [7199, "119 min"],
  [7200, "2 h"],
  [172_799, "47 h"],
  [172_800, "2 days"],
  [864_000, "10 days"],
  [-5, "0 s"],
])("%i seconds ago is %s", (seconds, expected) => {
  const now = new Date("2026-11-21T12:00:00Z");
  expect(formatAge(new Date(now.getTime() - seconds * 1000), now)).toBe(expected);
});
