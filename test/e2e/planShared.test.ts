import { afterAll, beforeAll, expect, test } from "vitest";
import { planCase, sharingFile } from "../support/plans/cases.ts";
import { recordedReport } from "../support/plans/recorded.ts";
import { neutral } from "../support/plans/strip.ts";
import { pgt } from "./support/pgt.ts";
import { makePlanStack, recordedAs, withCase } from "./support/planStack.ts";
import type { TestStack } from "./support/testStack.ts";

// As plan.test.ts, for a list with an instance.

let at: TestStack;
beforeAll(async () => {
  at = await makePlanStack(sharingFile);
});
afterAll(() => at?.remove());

test.each([
  ["shared-limits", 0],
  ["shared-names", 0],
  ["shared-life", 0],
  ["shared-place", 1],
  ["shared-move", 0],
])("what was recorded is what is said today: %s", async (name, expected) => {
  const one = planCase(name);
  const { code, stdout } = await withCase(at, one, () => pgt(at, ["plan", "--json"]));
  const { summary: _, capacity: __, ...report } = JSON.parse(neutral(stdout, await recordedAs(at)));
  expect(report).toEqual(JSON.parse(JSON.stringify(recordedReport(one))));
  expect(code).toBe(expected);
});
