import { blocks, table } from "../../../bench/render/markdown.ts";

/** The chapters of docs/backups-measured.md, in their order. A test is one of them or none. */
const titles = {
  loss: "What is lost with the machine",
  restore: "How long a backup and a restore take",
  archiving: "What archiving costs the tenant",
  outage: "An archive that cannot be reached, and one that is full",
  disk: "The tenant's disk while its WAL waits",
  retention: "What is let go, and what never",
  neighbour: "What a backup costs the other tenants",
} as const;

type ChapterName = keyof typeof titles;

/** What a test has to say: sentences, and a table. */
export interface Chapter {
  readonly name: ChapterName;
  readonly before: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly after?: string;
}

declare module "vitest" {
  interface TaskMeta {
    chapter?: Chapter;
  }
}

/** A chapter as Markdown. */
export function renderChapter({ name, before, header, rows, after = "" }: Chapter): string {
  return blocks(`## ${titles[name]}`, before, table(header, rows), after);
}

/** What the page is made of: the last measurement of each chapter. */
export interface Results {
  /** What the last run was on, and with. */
  readonly about: string;
  readonly chapters: Readonly<Partial<Record<ChapterName, Chapter>>>;
}

/** The page, with the chapters that were measured. */
export function renderPage({ about, chapters }: Results): string {
  const names = Object.keys(titles) as ChapterName[];
  return `${blocks(
    "# Backups, measured",
    "Written by `make test-backup` out of [what it measured](backups-measured.json), not by hand; each chapter by the last run of it that passed. A run " +
      "fails where a figure misses what is said of it here.",
    about,
    ...names.flatMap((name) => chapters[name] ?? []).map(renderChapter),
  )}\n`;
}
