/** The comment's text around a report. Pure. */
export interface Report {
  /** What comes again and again in the same comment, such as `plan-prod`: lower case letters, digits and dashes. */
  readonly name: string;
  /** Markdown. Empty: the job ended before it had one. */
  readonly text: string;
  /** What it is a report of. */
  readonly commit: string;
  /** Where the job's log is. */
  readonly log: string;
}

/** The first line of a comment, by which it is found again. Nobody sees it. */
export function markerOf(name: string): string {
  return `<!-- pgtenants: ${name} -->`;
}

/** A comment of at most so many characters. What does not fit is left out from the end, by whole lines, and the comment says so. */
export function commentOf({ name, text, commit, log }: Report, longest: number): string {
  const report = text.trim() === "" ? "No report was made: the job's log says why." : text.trim();
  const foot = `\n\n<sub>Commit ${commit.slice(0, 12)}, [log](${log})</sub>\n`;
  const head = `${markerOf(name)}\n`;
  return head + shortened(report, longest - head.length - foot.length, log) + foot;
}

/** What a cut may leave open in Markdown, and how it is closed. */
const longestClosing = "\n```\n</details>".length * 3;

function shortened(report: string, most: number, log: string): string {
  if (report.length <= most) return report;
  const lines = report.split("\n");
  const notice = (left: number) =>
    `\n\n**${left} of ${lines.length} lines do not fit here: the whole report is in the [job](${log}).**`;
  const room = most - notice(lines.length).length - longestClosing;
  const kept: string[] = [];
  let length = 0;
  for (const line of lines) {
    length += line.length + 1;
    if (length > room) break;
    kept.push(line);
  }
  return kept.join("\n") + closing(kept) + notice(lines.length - kept.length);
}

/** Ends a block of code, and folded parts, that the cut went through: the notice would be in them. */
function closing(lines: readonly string[]): string {
  let fenced = false;
  let folded = 0;
  for (const line of lines) {
    if (/^\s*```/.test(line)) fenced = !fenced;
    else if (!fenced) folded += count(line, "<details") - count(line, "</details>");
  }
  return (fenced ? "\n```" : "") + "\n</details>".repeat(Math.min(Math.max(folded, 0), 3));
}

function count(text: string, word: string): number {
  return text.split(word).length - 1;
}
