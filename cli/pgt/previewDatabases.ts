import type { LastDeployment } from "../../components/lastDeployment.ts";
import { alignColumns } from "../table.ts";

/** A database of a pull request, as the state remembers it. */
export interface PreviewDatabase {
  readonly id: string;
  /** The pull request's number; undefined where the id has none. */
  readonly pr: number | undefined;
  readonly until: Date;
}

/** The tenant of a pull request. */
export function previewId(pr: number): string {
  return `pr-${pr}`;
}

/** The databases of pull requests among the tenants of a state. Pure. */
export function previewDatabasesIn(last: LastDeployment): readonly PreviewDatabase[] {
  return [...last].flatMap(([id, { entry, until }]) => {
    if (entry === undefined || until === undefined) return [];
    const number = /^pr-(\d+)$/.exec(id)?.[1];
    return [{ id, pr: number === undefined ? undefined : Number(number), until: new Date(until) }];
  });
}

/** Those whose time is up and, where it is known which pull requests are open, those of others. Pure. */
export function toSweep(
  databases: readonly PreviewDatabase[],
  open: readonly number[] | undefined,
  now: Date,
): readonly PreviewDatabase[] {
  const isClosed = ({ pr }: PreviewDatabase) => open !== undefined && pr !== undefined && !open.includes(pr);
  return databases.filter((database) => database.until <= now || isClosed(database));
}

export function renderPreviewDatabases(databases: readonly PreviewDatabase[]): string {
  if (databases.length === 0) return "No preview databases.\n";
  const rows = databases.map(({ id, pr, until }) => [id, pr === undefined ? "-" : String(pr), until.toISOString()]);
  return `${alignColumns([["TENANT", "PULL REQUEST", "UNTIL"], ...rows]).join("\n")}\n`;
}
