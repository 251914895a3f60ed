import { afterAll, beforeAll, expect, test } from "vitest";
import { planCase } from "../support/plans/cases.ts";
import { recordedReport } from "../support/plans/recorded.ts";
import { neutral } from "../support/plans/strip.ts";
import { pgt } from "./support/pgt.ts";
import { makePlanStack, recordedAs, withCase } from "./support/planStack.ts";
import type { TestStack } from "./support/testStack.ts";

// The golden files of the reports are made from recorded previews. Some of them are held here against what Pulumi says today, on real
// containers, so that a recording cannot go stale unseen. To record them again: node test/support/plans/record.ts

let at: TestStack;
beforeAll(async () => {
  at = await makePlanStack();
});
afterAll(() => at?.remove());

test.each([
  ["rename", 0],
  ["resize-down", 0],
  ["two-at-once", 0],
  ["nothing", 0],
  ["broken", 1],
])("what was recorded is what is said today: %s", async (name, expected) => {
  const one = planCase(name);
  const { code, stdout } = await withCase(at, one, () => pgt(at, ["plan", "--json"]));
  const { summary: _, capacity: __, ...report } = JSON.parse(neutral(stdout, await recordedAs(at)));
  expect(report).toEqual(JSON.parse(JSON.stringify(recordedReport(one))));
  expect(code).toBe(expected);
});

test("the list without a tenant is refused, in the program's own words, also in Markdown", async () => {
  const gone = { name: "gone", file: () => "tenants:\n  - id: acme\n" };
  const { code, stdout } = await withCase(at, gone, () => pgt(at, ["plan", "--format", "markdown"]));
  expect(code).toBe(1);
  expect(stdout).toContain("Refused: nothing would be changed.");
  expect(stdout).toMatch(/^refused: .*tenants\.yaml: got a list without "globex"/m);
  expect(stdout).toContain('put back "- id: globex"');
});

test("the table is for people, with what the machine has", async () => {
  const { stdout } = await withCase(at, planCase("resize-down"), () => pgt(at, ["plan"]));
  expect(stdout).toMatch(/^1 restart, 3 unchanged\.$/m);
  expect(stdout).toMatch(/^acme {2,}restart, about 2 s without an answer {2,}.*memory 256 MB → 128 MB/m);
  expect(stdout).toMatch(/the machine has \d+\.\d GB, so \d+ % of it/);
});

test("the entry of a removed tenant takes the key to its backups along: data is at risk, and what is kept is said", async () => {
  await withCase(at, planCase("remove"), () => at.stack.up());
  const out = {
    name: "out",
    file: () =>
      planCase("remove")
        .file("")
        .replace(/.*hooli.*\n/, ""),
  };
  const { code, stdout } = await withCase(at, out, () => pgt(at, ["plan"]));
  expect(code).toBe(2);
  expect(stdout).toMatch(/^1 with data at risk, 3 unchanged\.$/m);
  expect(stdout).toMatch(
    /^hooli {2,}data at risk {2,}key of its backups deleted; .*; volume let go of, stays on the engine;/m,
  );
  expect(stdout).toContain('"hooli" leaves the list, and with it the key to its backups');
});
