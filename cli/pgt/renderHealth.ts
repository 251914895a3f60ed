import type { Use } from "../../components/shrinking.ts";
import { formatMiB } from "../../tenants/units.ts";
import { formatAge } from "../age.ts";
import type { Answer, TenantStatus } from "../renderStatus.ts";
import { alignColumns } from "../table.ts";
import type { Backups } from "./backups.ts";
import type { Finding } from "./finding.ts";

/** What a running tenant says of itself. */
export interface Look {
  readonly use: Use & { readonly diskTier: string };
  readonly backups: Backups;
}

/** One tenant's state of health. */
export interface Health {
  readonly id: string;
  readonly host: string;
  readonly level: "healthy" | "degraded" | "error";
  /** What is wrong, a sentence each. */
  readonly reasons: readonly string[];
  readonly answer: Answer;
  /** Undefined where it could not be looked at. */
  readonly use: Look["use"] | undefined;
  readonly backups: Backups | undefined;
  readonly limits: { readonly memoryMiB: number; readonly diskMiB: number };
}

/** What all tenants share. */
export interface SharedHealth {
  readonly router: {
    readonly running: boolean;
    /** The certificate that clients get, and how long it lasts. */
    readonly certificate: Finding;
  };
  /** The copies of the backups elsewhere; undefined where none are to be made. */
  readonly offsite: Finding | undefined;
}

/** An answer through the router takes some 50 ms, and half a second where psql has to be started in a container: longer than this is felt. */
const slow = 2000;

/** @param look what the tenant says of itself; a text says why that is not known. */
export function healthOf({ id, tenant, answer }: TenantStatus, running: boolean, look: Look | string): Health {
  const { host, memoryMiB, diskMiB } = tenant;
  const { use, backups } = typeof look === "string" ? {} : look;
  const errors = answer.kind === "failed" ? [answer.reason] : [];
  if (answer.kind !== "stopped" && !running) errors.push("its container does not run");
  const worries =
    answer.kind === "answered" && answer.milliseconds > slow ? [`answered in ${answer.milliseconds} ms`] : [];
  if (running && typeof look === "string") worries.push(`its use is not known: ${look}`);
  if (use !== undefined && use.diskTier !== "ok") {
    worries.push(`disk ${use.diskTier}: ${formatMiB(use.diskMiB)} of ${formatMiB(diskMiB)}`);
  }
  if (backups !== undefined) worries.push(...backupWorries(backups));
  const level = errors.length > 0 ? "error" : worries.length > 0 ? "degraded" : "healthy";
  const reasons = [...errors, ...worries];
  return { id, host, level, reasons, answer, use, backups, limits: { memoryMiB, diskMiB } };
}

function backupWorries({ archiving, failure, damaged, drill }: Backups): string[] {
  const { failing, waiting, since } = archiving;
  return [
    ...(failing ? [`its WAL is not archived: ${waiting} segments wait since ${since?.toISOString() ?? "now"}`] : []),
    ...(failure === undefined ? [] : [`its last backup failed at ${failure.at.toISOString()}: ${failure.said}`]),
    ...(damaged === undefined ? [] : [`its files have damaged pages, and so has backup ${damaged.label}`]),
    ...(drill?.verdict !== "bad" ? [] : [`its drill failed at ${drill.at.toISOString()}: ${drill.reasons.join("; ")}`]),
  ];
}

/** 0: all is well, 1: something is not, 2: a tenant or the router is down. */
export function worst(healths: readonly Health[], { router, offsite }: SharedHealth): 0 | 1 | 2 {
  const levels = [router.certificate.level, offsite?.level];
  if (!router.running || levels.includes("error") || healths.some(({ level }) => level === "error")) return 2;
  return levels.includes("warning") || healths.some(({ level }) => level === "degraded") ? 1 : 0;
}

/** @param now what ages are counted to. */
export function renderHealth(healths: readonly Health[], { router, offsite }: SharedHealth, now: Date): string {
  const header = ["TENANT", "HEALTH", "ANSWER", "MEMORY", "DISK", "CONNECTIONS", "BACKUP", "WAL", "DRILL"];
  const rows = healths.map(({ id, level, answer, use, backups, limits }) => [
    id,
    level,
    answerOf(answer),
    share(use?.memoryMiB, limits.memoryMiB),
    share(use?.diskMiB, limits.diskMiB),
    use === undefined ? "-" : String(use.connections),
    ...(backups === undefined ? ["-", "-", "-"] : agesOf(backups, now)),
  ]);
  const reasons = healths.flatMap(({ id, reasons }) => reasons.map((reason) => `${id}: ${reason}`));
  if (!router.running) reasons.push("router: its container does not run");
  if (router.certificate.level !== "ok") reasons.push(`certificate: ${router.certificate.found}`);
  if (offsite !== undefined && offsite.level !== "ok") reasons.push(`${offsite.check}: ${offsite.found}`);
  const count = (level: Health["level"]) => healths.filter((health) => health.level === level).length;
  const sum = `${count("healthy")} healthy, ${count("degraded")} degraded, ${count("error")} in error`;
  return `${[...alignColumns([header, ...rows]), "", ...reasons, sum].join("\n")}\n`;
}

/** How long ago the newest backup ended, WAL was last archived, and a backup was last restored to try it. */
function agesOf({ enabled, backups, lastArchived, drill }: Backups, now: Date): [string, string, string] {
  if (!enabled) return ["off", "off", "off"];
  const age = (at: Date | undefined) => (at === undefined ? "none yet" : formatAge(at, now));
  return [age(backups.at(-1)?.ended), age(lastArchived), age(drill?.at)];
}

function share(used: number | undefined, limit: number): string {
  return used === undefined ? "-" : `${formatMiB(used)} of ${formatMiB(limit)}`;
}

function answerOf(answer: Answer): string {
  switch (answer.kind) {
    case "answered":
      return `${answer.milliseconds} ms`;
    case "failed":
      return "NONE";
    case "stopped":
      return "stopped";
    case "closed":
      return "access off";
    case "restricted":
      return "not asked";
    default:
      return answer satisfies never;
  }
}
