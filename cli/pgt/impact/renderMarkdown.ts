import { type Capacity, capacityLines } from "./capacity.ts";
import { code, fenced, folded } from "./markdown.ts";
import type { Report } from "./report.ts";
import { happening, restart, sentence } from "./summary.ts";

/** The most that GitHub takes as a comment, in characters. */
export const longestComment = 65_536;

/** How long a line of the program's may be. Its words to write must not be cut off. */
const longestLine = 2000;

/** Parts that are left out before rows are, from the first on. */
const parts = ["routes", "warnings"] as const;
type Part = (typeof parts)[number];

/**
 * The report as a comment on a pull request: a heading, the sentence, a table of the tenants that change, and details that are folded. All that
 * comes out of files is shown as code.
 *
 * What is longer than `most` characters loses the routes, then the warnings, then rows, whole ones and the harmless first, and says how many.
 * @param most at least 2,000: heading, sentence and capacity always stay.
 */
export function renderMarkdown(report: Report, capacity: Capacity | undefined, most = longestComment): string {
  for (let left = 0; left <= parts.length; left += 1) {
    const whole = compose(report, capacity, parts.slice(0, left), report.tenants.length, most);
    if (whole.length <= most) return whole;
  }
  let [fits, tooMany] = [0, report.tenants.length];
  while (tooMany - fits > 1) {
    const rows = Math.floor((fits + tooMany) / 2);
    if (compose(report, capacity, parts, rows, most).length <= most) fits = rows;
    else tooMany = rows;
  }
  return compose(report, capacity, parts, fits, most);
}

function compose(
  report: Report,
  capacity: Capacity | undefined,
  without: readonly Part[],
  rows: number,
  most: number,
): string {
  const { refused, errors, warnings, tenants, shared, routes, unseen } = report;
  const whole = (part: Part, lines: readonly string[], shown: readonly string[]) =>
    without.includes(part) && lines.length > 0 ? [`_${lines.length} lines are left out: pgt plan shows them._`] : shown;
  const lines = [
    "## What this changes for tenants",
    "",
    sentence(report),
    ...(refused ? ["", ...refusedBlock(errors, most)] : []),
    ...table(tenants.slice(0, rows)),
    ...(rows < tenants.length
      ? ["", `_${tenants.length - rows} more tenants that change are left out here: pgt plan shows them._`]
      : []),
    ...(tenants.some(({ impact }) => impact === "restart") ? ["", restart.footnote] : []),
    ...folded(
      "What all tenants share",
      shared.map(({ text }) => `- ${code(text)}`),
    ),
    ...folded("Routes (dynamic.yml)", whole("routes", routes, diffBlock(routes))),
    ...folded("Capacity", capacity === undefined ? [] : capacityLines(capacity).map((line) => `- ${line}`)),
    ...folded(
      "Warnings",
      whole(
        "warnings",
        warnings,
        warnings.map((line) => `- ${code(line, longestLine)}`),
      ),
    ),
    ...folded(
      "Not seen by a preview",
      unseen.map((line) => `- ${code(line, longestLine)}`),
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function table(tenants: Report["tenants"]): string[] {
  if (tenants.length === 0) return [];
  const rows = tenants.map(({ id, impact, reasons }) => {
    const why = reasons.map(({ text }) => code(text)).join("<br>");
    return `| ${code(id)} | ${impact === "data at risk" ? `**${impact}**` : happening(impact)} | ${why} |`;
  });
  return ["", "| Tenant | What happens | Why |", "| --- | --- | --- |", ...rows];
}

function diffBlock(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : fenced("diff", lines);
}

/** The program's own lines, as many as have room; the first ones are what is to be mended first. */
function refusedBlock(errors: readonly string[], most: number): string[] {
  // A line is `refused: `, its text and a line's end.
  const around = 10;
  const longest = Math.min(longestLine, Math.floor(most / 4));
  let room = Math.floor(most / 2);
  const kept = errors
    .map((line) => (line.length <= longest ? line : `${line.slice(0, longest)}...`))
    .filter(({ length }) => {
      room -= length + around;
      return room >= 0;
    });
  const left = errors.length - kept.length;
  return [
    ...fenced(
      "text",
      kept.map((line) => `refused: ${line}`),
    ),
    ...(left > 0 ? ["", `_${left} more lines are left out._`] : []),
  ];
}
