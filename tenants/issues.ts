import { quoted } from "./text.ts";

/** Where a value is: `["tenants", 2, "memory"]`. */
export type Path = readonly (string | number)[];

/** Something wrong with the value (or the key) at `path`. */
export interface Problem {
  readonly path: Path;
  /** Points at the key instead of the value. */
  readonly at?: "key";
  /** What was got; without it, the value at `path` is shown. */
  readonly got?: string;
  /** "what was expected; how to mend it" */
  readonly advice: string;
  /** The values that the finding depends on, `path` by default: when one of them was refused, nothing is known for sure. */
  readonly reliesOn?: readonly Path[];
}

/** A problem with the YAML itself, found at an offset of the text. */
export interface LocatedProblem extends Problem {
  readonly offset: number;
  readonly got: string;
}

/** One line of the report. Line and column count from 1. */
export interface Issue {
  readonly line: number;
  readonly column: number;
  /** Such as `tenants[2] ("acme").memory`; empty for the file as a whole. */
  readonly path: string;
  /** "got ..., expected ...; how to mend it" */
  readonly message: string;
}

const MOST_LINES = 100;

/** The tenants file was refused: nothing was changed. The message has one line per issue, in the order of the file. */
export class TenantsFileError extends Error {
  override readonly name = "TenantsFileError";
  readonly file: string;
  /** Every issue, also those beyond the 100 that the message shows. */
  readonly issues: readonly Issue[];

  constructor(file: string, issues: readonly Issue[]) {
    const sorted = issues.toSorted((one, other) => one.line - other.line || one.column - other.column);
    const lines = sorted
      .slice(0, MOST_LINES)
      .map(({ line, column, path, message }) => `${file}:${line}:${column}${path && ` ${path}`}: ${message}`);
    const left = sorted.length - lines.length;
    super([...lines, ...(left > 0 ? [`${file}: and ${left} more`] : [])].join("\n"));
    this.file = file;
    this.issues = Object.freeze(sorted);
  }
}

/**
 * The problems worth telling, in the order in which the stages found them. A value is reported once, by the stage that
 * saw it first; what was concluded from a refused value, or from something inside one, is left out.
 */
export function independent<P extends Problem>(problems: readonly P[]): P[] {
  const refused = new Set<string>();
  return problems.filter((problem) => {
    const doubtful = (problem.reliesOn ?? [problem.path]).some((path) =>
      [...path.keys(), path.length].some((length) => refused.has(JSON.stringify(path.slice(0, length)))),
    );
    if (!doubtful) refused.add(JSON.stringify(problem.path));
    return !doubtful;
  });
}

const PLAIN_KEY = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/;

/** A path for people: an entry of the list is followed by its id, a key that is not a plain word is quoted. */
export function describePath(path: Path, idAt: (index: number) => unknown): string {
  return path
    .map((step, depth) => {
      if (typeof step === "string")
        return PLAIN_KEY.test(step) ? `${depth > 0 ? "." : ""}${step}` : `[${quoted(step)}]`;
      const hasId = path[0] === "tenants" || path[0] === "instances";
      const id = hasId && depth === 1 && path[2] !== "id" ? idAt(step) : undefined;
      return typeof id === "string" ? `[${step}] (${quoted(id)})` : `[${step}]`;
    })
    .join("");
}
