import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parsePreview } from "../../../cli/pgt/impact/preview.ts";
import { type Report, refusedReport, reportOf } from "../../../cli/pgt/impact/report.ts";
import { parseList } from "../../../tenants/load.ts";
import { baseOf, type PlanCase } from "./cases.ts";
import { plannedAfter } from "./planned.ts";

/** What `pulumi preview --json` said of a pull request, as record.ts recorded it. */
export function planFixture(name: string): string {
  return readFileSync(join(import.meta.dirname, "../fixtures/plans", `${name}.json`), "utf8");
}

/** The report that it comes to. */
export function recordedReport(one: PlanCase): Report {
  const preview = parsePreview(planFixture(one.name));
  if (preview.errors.length > 0) return refusedReport(preview.errors, preview.warnings);
  return reportOf(preview, plannedAfter(parseList(baseOf(one), "f"), parseList(one.file("2026-11-21"), "f")));
}
