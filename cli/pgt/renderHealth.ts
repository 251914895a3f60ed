import type { Use } from "../../components/shrinking.ts";
import { formatMiB } from "../../tenants/units.ts";
import type { Answer, TenantStatus } from "../renderStatus.ts";
import { alignColumns } from "../table.ts";
import type { Finding } from "./finding.ts";

/** One tenant's state of health. */
export interface Health {
  readonly id: string;
  readonly host: string;
  readonly level: "healthy" | "degraded" | "error";
  /** What is wrong, a sentence each. */
  readonly reasons: readonly string[];
  readonly answer: Answer;
  /** Undefined where it could not be looked at. */
  readonly use: (Use & { readonly diskTier: string }) | undefined;
  readonly limits: { readonly memoryMiB: number; readonly diskMiB: number };
}

export interface RouterHealth {
  readonly running: boolean;
  /** The certificate that clients get, and how long it lasts. */
  readonly certificate: Finding;
}

/** An answer through the router takes some 50 ms, and half a second where psql has to be started in a container: longer than this is felt. */
const slow = 2000;

/** @param use what the tenant uses; a text says why that is not known. */
export function healthOf({ id, tenant, answer }: TenantStatus, running: boolean, use: Health["use"] | string): Health {
  const { host, memoryMiB, diskMiB } = tenant;
  const known = typeof use === "string" ? undefined : use;
  const errors = answer.kind === "failed" ? [answer.reason] : [];
  if (answer.kind !== "stopped" && !running) errors.push("its container does not run");
  const worries =
    answer.kind === "answered" && answer.milliseconds > slow ? [`answered in ${answer.milliseconds} ms`] : [];
  if (running && typeof use === "string") worries.push(`its use is not known: ${use}`);
  if (known !== undefined && known.diskTier !== "ok") {
    worries.push(`disk ${known.diskTier}: ${formatMiB(known.diskMiB)} of ${formatMiB(diskMiB)}`);
  }
  const level = errors.length > 0 ? "error" : worries.length > 0 ? "degraded" : "healthy";
  return { id, host, level, reasons: [...errors, ...worries], answer, use: known, limits: { memoryMiB, diskMiB } };
}

/** 0: all is well, 1: something is not, 2: a tenant or the router is down. */
export function worst(healths: readonly Health[], { running, certificate }: RouterHealth): 0 | 1 | 2 {
  if (!running || certificate.level === "error" || healths.some(({ level }) => level === "error")) return 2;
  return certificate.level === "warning" || healths.some(({ level }) => level === "degraded") ? 1 : 0;
}

export function renderHealth(healths: readonly Health[], router: RouterHealth): string {
  const header = ["TENANT", "HEALTH", "ANSWER", "MEMORY", "DISK", "CONNECTIONS"];
  const rows = healths.map(({ id, level, answer, use, limits }) => [
    id,
    level,
    answerOf(answer),
    share(use?.memoryMiB, limits.memoryMiB),
    share(use?.diskMiB, limits.diskMiB),
    use === undefined ? "-" : String(use.connections),
  ]);
  const reasons = healths.flatMap(({ id, reasons }) => reasons.map((reason) => `${id}: ${reason}`));
  if (!router.running) reasons.push("router: its container does not run");
  if (router.certificate.level !== "ok") reasons.push(`certificate: ${router.certificate.found}`);
  const count = (level: Health["level"]) => healths.filter((health) => health.level === level).length;
  const sum = `${count("healthy")} healthy, ${count("degraded")} degraded, ${count("error")} in error`;
  return `${[...alignColumns([header, ...rows]), "", ...reasons, sum].join("\n")}\n`;
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
