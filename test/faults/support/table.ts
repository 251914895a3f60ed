import { test } from "vitest";

/** What was seen of one fault. What a case does not measure is left out, and shows as "-". Times in milliseconds. */
export interface Figures {
  /** Commits that were acknowledged to the client. */
  readonly commits?: number;
  /** Those of them that are not there. */
  readonly lost?: number;
  /** What another tenant's clients asked for meanwhile: queries, transactions, connections. */
  readonly asked?: number;
  /** Errors that they had and must not have. */
  readonly neighbourErrors?: number;
  /** The 99th percentile of their queries. */
  readonly neighbourP99?: number;
  /** Where the fault is everybody's by its nature: errors of theirs that are the fault itself. */
  readonly inherent?: number;
  /** There, how often their session had to be opened again. */
  readonly reconnects?: number;
  /** There, the longest time that it had no answer. */
  readonly away?: number;
  /** The longest time from one acknowledged commit to the next with a failed write in between; 0 where no write failed. */
  readonly recovery?: number;
}

/** A row of the table. */
interface FaultRow extends Figures {
  /** The case's number in docs/faults.md. */
  readonly number: string;
  /** What is done, in a few words. */
  readonly what: string;
}

/** Adds what was seen to the case's row. May be called more than once: counts add up, of times the longest counts. */
export type Report = (figures: Figures) => void;

declare module "vitest" {
  interface TaskMeta {
    fault?: FaultRow;
  }
}

/**
 * A test that is a row of the table at the end of the run, whether it passes or fails. It asserts the case's rules itself; the table only reports.
 * @param number of the case in docs/faults.md. @param seconds before the test is given up.
 */
export function faultTest(number: string, what: string, body: (report: Report) => Promise<void>, seconds = 180): void {
  const row: FaultRow = { number, what };
  test(`${number}: ${what}`, { meta: { fault: row }, timeout: seconds * 1000 }, ({ task }) =>
    body((figures) => {
      task.meta.fault = { ...row, ...added(task.meta.fault ?? {}, figures) };
    }),
  );
}

const sum = (a: number, b: number) => a + b;

/** How two observations of a figure become one. */
const together: Readonly<Record<keyof Figures, (a: number, b: number) => number>> = {
  commits: sum,
  lost: sum,
  asked: sum,
  neighbourErrors: sum,
  neighbourP99: Math.max,
  inherent: sum,
  reconnects: sum,
  away: Math.max,
  recovery: Math.max,
};
const keys = Object.keys(together) as readonly (keyof Figures)[];

/** Two observations of one case as one. */
export function added(one: Figures, other: Figures): Figures {
  const entries = keys.flatMap((key) => {
    const [a, b] = [one[key], other[key]];
    if (a === undefined && b === undefined) return [];
    return [[key, a === undefined || b === undefined ? (a ?? b) : together[key](a, b)]];
  });
  return Object.fromEntries(entries);
}

/** How a test ended. */
type Verdict = "passed" | "failed" | "skipped" | "pending";

export interface Result {
  readonly row: FaultRow;
  readonly verdict: Verdict;
}

const header = ["CASE", "FAULT", "LOST COMMITS", "NEIGHBOUR ERRORS", "NEIGHBOUR P99", "RECOVERY", "VERDICT"];

/** The table, in the order of the case numbers, and a line with its sums. */
export function renderTable(results: readonly Result[]): string {
  const sorted = [...results].sort((a, b) => a.row.number.localeCompare(b.row.number, "en", { numeric: true }));
  const lines = [header, ...sorted.map(cells)];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const padded = lines.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  return `${padded.map((line) => line.trimEnd()).join("\n")}\n\n${summary(results)}\n`;
}

function cells({ row, verdict }: Result): string[] {
  const p99 = row.neighbourP99 === undefined ? "-" : `${Math.round(row.neighbourP99)} ms`;
  const recovery = row.recovery === undefined ? "-" : row.recovery === 0 ? "no interruption" : seconds(row.recovery);
  return [row.number, row.what, share(row.lost, row.commits), neighbour(row), p99, recovery, words[verdict]];
}

const words: Readonly<Record<Verdict, string>> = {
  passed: "holds",
  failed: "FAILED",
  skipped: "not run",
  pending: "not run",
};

function neighbour({ neighbourErrors, asked, inherent, reconnects = 0, away = 0 }: FaultRow): string {
  const errors = share(neighbourErrors, asked);
  if (inherent === undefined) return errors;
  return `${errors}; by the fault: errors ${inherent}, reconnects ${reconnects}, away ${seconds(away)}`;
}

function share(count: number | undefined, of: number | undefined): string {
  if (count === undefined) return "-";
  return of === undefined ? String(count) : `${count} of ${of}`;
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

function summary(results: readonly Result[]): string {
  const ended = (verdict: string) => results.filter((result) => words[result.verdict] === verdict).length;
  const total = results.map(({ row }): Figures => row).reduce(added, {});
  return (
    `${results.length} cases: ${ended("holds")} hold, ${ended("FAILED")} failed, ${ended("not run")} not run. ` +
    `Lost commits: ${share(total.lost, total.commits)}. Neighbour errors: ${share(total.neighbourErrors, total.asked)}.`
  );
}
