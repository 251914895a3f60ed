import * as z from "zod";
import { alignColumns } from "../table.ts";
import type { LastDrill } from "./backups.ts";

/** One thing that was looked at in a restored cluster. */
export interface Check {
  readonly check: string;
  readonly level: "ok" | "warning" | "error";
  readonly found: string;
  readonly seconds: number;
}

/** Rows by table, by database. */
export type Counts = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** What the image's script `drill.sh` found. */
export interface Looked {
  readonly checks: readonly Check[];
  /** Of the restored files; undefined where nothing was restored. */
  readonly bytes: number | undefined;
  readonly counts: Counts;
}

/** What became of a tenant's drill. */
export interface Drill {
  readonly id: string;
  /** `incomplete`: not everything could be looked at, and nothing bad was found. */
  readonly verdict: "good" | "incomplete" | "bad";
  readonly at: Date;
  /** The newest backup, which is what was restored. */
  readonly backup: { readonly label: string; readonly ended: Date } | undefined;
  /** Up to where WAL was replayed; undefined where the drill did not get as far. */
  readonly reached: { readonly position: string; readonly at: Date } | undefined;
  readonly seconds: number;
  readonly bytes: number | undefined;
  readonly checks: readonly Check[];
}

/** The last drill, as the tenant's container keeps it. */
export const drillRecord = z.object({
  at: z.number(),
  verdict: z.enum(["good", "incomplete", "bad"]),
  backup: z.string().nullable(),
  backupEnded: z.number().nullable(),
  reached: z.number().nullable(),
  seconds: z.number(),
  bytes: z.number().nullable(),
  reasons: z.array(z.string()),
});

const check = z.object({
  check: z.string(),
  level: z.enum(["ok", "warning", "error"]),
  found: z.string(),
  seconds: z.number(),
});
const counted = z.object({ database: z.string(), tables: z.record(z.string(), z.number()) });
const line = z.union([check, counted, z.object({ bytes: z.number() })]);

/** Reads what `drill.sh` prints, a line of JSON each. @throws Error for a line of another form. */
export function parseLooked(printed: string): Looked {
  const found = printed
    .split("\n")
    .filter((text) => text !== "")
    .map((text) => line.parse(JSON.parse(text)));
  return {
    checks: found.filter((one) => "check" in one),
    bytes: found.find((one) => "bytes" in one)?.bytes,
    counts: countsOf(found.filter((one) => "database" in one)),
  };
}

/** Reads what `counts.sh` prints. @throws Error for a line of another form. */
export function parseCounts(printed: string): Counts {
  return parseLooked(printed).counts;
}

function countsOf(databases: readonly z.infer<typeof counted>[]): Counts {
  return new Map(databases.map(({ database, tables }) => [database, new Map(Object.entries(tables))]));
}

/**
 * Whether the restored rows can be those of a moment between two counts of the live ones: of a table whose count stayed the same, as many; else
 * between the two. A table that came or went meanwhile may be there or not.
 */
export function compareCounts(before: Counts, restored: Counts, after: Counts): Pick<Check, "level" | "found"> {
  const [first, now, second] = [flat(before), flat(restored), flat(after)];
  const wrong = [...new Set([...first.keys(), ...second.keys(), ...now.keys()])].flatMap((table) => {
    const [one, other, got] = [first.get(table), second.get(table), now.get(table)];
    if (one === undefined && other === undefined) return [`${table}: ${got} rows, expected no such table`];
    if (one === undefined || other === undefined) return [];
    const [least, most] = [Math.min(one, other), Math.max(one, other)];
    if (got !== undefined && got >= least && got <= most) return [];
    const expected = least === most ? `${least}` : `${least} to ${most}`;
    return [`${table}: ${got ?? "no such table"}${got === undefined ? "" : " rows"}, expected ${expected}`];
  });
  const rows = [...now.values()].reduce((sum, count) => sum + count, 0);
  return wrong.length === 0
    ? { level: "ok", found: `${rows} in ${now.size} tables, as on the live server` }
    : { level: "error", found: listed(wrong) };
}

function flat(counts: Counts): ReadonlyMap<string, number> {
  return new Map(
    [...counts].flatMap(([database, tables]) => [...tables].map(([table, rows]) => [`${database}: ${table}`, rows])),
  );
}

const mostListed = 5;

function listed(texts: readonly string[]): string {
  const more = texts.length - mostListed;
  return [...texts.slice(0, mostListed), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}

/** Every check that there is, or the drill is not complete. */
const complete = ["restore", "checksums", "start", "amcheck", "count", "rows"];

export function verdictOf(checks: readonly Check[]): Drill["verdict"] {
  if (checks.some(({ level }) => level === "error")) return "bad";
  const all = complete.every((name) => checks.some(({ check, level }) => check === name && level === "ok"));
  return all ? "good" : "incomplete";
}

/** What is not well, a sentence each. */
function reasonsOf({ checks }: Pick<Drill, "checks">): string[] {
  return checks.filter(({ level }) => level !== "ok").map(({ check, found }) => `${check}: ${found}`);
}

/** 0: all good, 1: something could not be looked at, 2: a backup does not bring back what it should. */
export function drillCode(drills: readonly Drill[]): 0 | 1 | 2 {
  if (drills.some(({ verdict }) => verdict === "bad")) return 2;
  return drills.some(({ verdict }) => verdict === "incomplete") ? 1 : 0;
}

/** What the container keeps of it. */
export function recordOf(drill: Drill): z.infer<typeof drillRecord> {
  return {
    at: epoch(drill.at),
    verdict: drill.verdict,
    backup: drill.backup?.label ?? null,
    backupEnded: drill.backup === undefined ? null : epoch(drill.backup.ended),
    reached: drill.reached === undefined ? null : epoch(drill.reached.at),
    seconds: drill.seconds,
    bytes: drill.bytes ?? null,
    reasons: reasonsOf(drill),
  };
}

function epoch(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}

export function renderDrill({ id, verdict, backup, reached, seconds, bytes, checks }: Drill): string {
  const what = backup === undefined ? "" : `, ${backup.label} of ${backup.ended.toISOString()}`;
  const upTo = reached === undefined ? "" : ` and WAL to ${reached.position} of ${reached.at.toISOString()}`;
  const size = bytes === undefined ? "" : `, ${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const rows = checks.map(({ check, level, found, seconds: took }) => [check, level, took.toFixed(1), oneLine(found)]);
  const table = rows.length === 0 ? [] : alignColumns([["CHECK", "VERDICT", "SECONDS", "FOUND"], ...rows]);
  const lines = [`${id}: ${verdict}${what}${upTo}, ${seconds.toFixed(1)} s${size}`, ...table.map((row) => `  ${row}`)];
  return `${lines.join("\n")}\n`;
}

/** The last drill of a tenant, for people. */
export function renderLastDrill(id: string, drill: LastDrill | undefined): string[] {
  if (drill === undefined) return [`${id}: no backup was ever tried: pgt drill ${id}`];
  const { at, verdict, backup, backupEnded, reached, reasons } = drill;
  const what = backup === undefined || backupEnded === undefined ? "" : `, ${backup} of ${backupEnded.toISOString()}`;
  const upTo = reached === undefined ? "" : ` and WAL to ${reached.toISOString()}`;
  const why = reasons.length === 0 ? "" : `: ${reasons.map(oneLine).join("; ")}`;
  return [`${id}: last drill at ${at.toISOString()}: ${verdict}${what}${upTo}${why}`];
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, "; ");
}
