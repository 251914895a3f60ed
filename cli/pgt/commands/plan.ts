import { ephemeralIn } from "../../../components/ephemeral.ts";
import { docker } from "../../engine.ts";
import { OperatorError } from "../../operatorError.ts";
import type { Context } from "../context.ts";
import { exitCodes } from "../failures.ts";
import { capacityOf, type Host } from "../impact/capacity.ts";
import { longestComment, renderMarkdown } from "../impact/renderMarkdown.ts";
import { renderText } from "../impact/renderText.ts";
import { type Report, refusedReport, reportOf } from "../impact/report.ts";
import { runPreview } from "../impact/runPreview.ts";
import { risksData, sentence } from "../impact/summary.ts";
import type { PlanFormat } from "../programPlan.ts";
import { plannedTenants } from "../tenants.ts";

/**
 * Says what a deployment would do to each tenant, and changes nothing.
 * @param most the longest that Markdown may be, in characters.
 * @returns 0 where no data is at risk, 1 where the deployment would be refused, 2 where data is at risk.
 */
export function plan(context: Context, format: PlanFormat | undefined, most = longestComment): 0 | 1 | 2 {
  const preview = runPreview(context);
  const refused = preview.errors.length > 0;
  const planned = refused ? undefined : plannedTenants(context);
  const report =
    planned === undefined
      ? refusedReport(preview.errors, preview.warnings)
      : reportOf(preview, planned, ephemeralIn(planned.last));
  const offsite = Object.keys(preview.config).some((key) => key.endsWith(":offsite"));
  const { servers = [], beside } = planned?.list ?? {};
  const capacity = refused ? undefined : capacityOf([...servers, ...(beside?.servers ?? [])], askHost(), offsite);
  switch (format ?? (context.json ? "json" : "text")) {
    case "json":
      process.stdout.write(`${JSON.stringify({ summary: sentence(report), ...report, capacity }, null, 2)}\n`);
      break;
    case "markdown":
      process.stdout.write(renderMarkdown(report, capacity, most));
      break;
    case "text":
      process.stdout.write(renderText(report, capacity, context.paint));
  }
  return codeOf(report);
}

function codeOf(report: Report): 0 | 1 | 2 {
  if (report.refused) return exitCodes.refused;
  return risksData(report) ? exitCodes.failed : exitCodes.ok;
}

/** What the engine's machine has; undefined where none answers, as on a build server. */
function askHost(): Host | undefined {
  try {
    const [memory, processors] = docker("info", "--format", "{{.MemTotal}} {{.NCPU}}").split(" ").map(Number);
    if (memory === undefined || processors === undefined || !(memory > 0)) return undefined;
    return { memoryMiB: Math.floor(memory / 1024 ** 2), processors };
  } catch (error) {
    if (error instanceof OperatorError) return undefined;
    throw error;
  }
}
