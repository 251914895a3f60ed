import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parsePreview } from "../../../cli/pgt/impact/preview.ts";
import { type Report, refusedReport, reportOf } from "../../../cli/pgt/impact/report.ts";
import { parseTenants } from "../../../tenants/load.ts";
import type { PlanCase } from "./cases.ts";

/** What `pulumi preview --json` said of a pull request, as record.ts recorded it. */
export function planFixture(name: string): string {
  return readFileSync(join(import.meta.dirname, "../fixtures/plans", `${name}.json`), "utf8");
}

/** The report that it comes to. */
export function recordedReport({ name, file }: PlanCase): Report {
  const preview = parsePreview(planFixture(name));
  if (preview.errors.length > 0) return refusedReport(preview.errors, preview.warnings);
  return reportOf(preview, parseTenants(file("2026-11-21"), "f"));
}
