import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { capacityOf } from "../../../../cli/pgt/impact/capacity.ts";
import { parsePreview } from "../../../../cli/pgt/impact/preview.ts";
import { renderMarkdown } from "../../../../cli/pgt/impact/renderMarkdown.ts";
import { restart } from "../../../../cli/pgt/impact/summary.ts";
import { parseList } from "../../../../tenants/load.ts";
import { planCases, sharingCases } from "../../../support/plans/cases.ts";
import { planFixture, recordedReport } from "../../../support/plans/recorded.ts";

const nobody = { servers: [], beside: { servers: [] } };
const recorded = [...planCases, ...sharingCases];
const host = { memoryMiB: 24 * 1024, processors: 2 };

// What pulumi said was recorded on real containers: test/support/plans/record.ts; e2e/plan holds some of it against today's.
test.each(recorded)("what a pull request is told: $name", async (one) => {
  const report = recordedReport(one);
  const { servers, beside } = report.refused ? nobody : parseList(one.file("2026-11-21"), "f");
  const capacity = report.refused ? undefined : capacityOf([...servers, ...beside.servers], host);
  await expect(renderMarkdown(report, capacity)).toMatchFileSnapshot(`../../../golden/plans/${one.name}.md`);
});

test.each(recorded)("no secret and nothing of a machine is in what was recorded: $name", ({ name }) => {
  const text = planFixture(name);
  expect(text).not.toMatch(/BEGIN [A-Z ]*KEY|SCRAM-SHA-256\$|\/tmp\/|\/root\/|\/home\//);
  for (const { before, after } of parsePreview(text).steps) {
    for (const state of [before, after]) {
      const { stdin = "[secret]" } = state?.inputs ?? {};
      const isPlain = /::(?:traefik-routes|shared-1-tenants-pools)$/.test(state?.urn ?? "");
      expect(isPlain || stdin === "[secret]").toBe(true);
    }
  }
});

test("the time that a restart takes is the one that was measured", () => {
  const measured = readFileSync(join(import.meta.dirname, "../../../../docs/faults.md"), "utf8");
  const [, seconds] = /^M2 .* ([0-9.]+) s +holds$/m.exec(measured) ?? [];
  expect(restart.seconds).toBe(Number(seconds));
  expect(restart.footnote).toContain(`${restart.seconds} s were measured`);
});
