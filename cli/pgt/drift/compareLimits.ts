import { formatMiB } from "../../../tenants/units.ts";
import type { Limits } from "./containerOptions.ts";
import { byRefresh, byReplacing, byStep } from "./fixes.ts";

type LimitKind = "memory" | "swap" | "cpu-shares" | "processes" | "restart-policy" | "other-limit";

interface LimitDifference {
  readonly kind: LimitKind;
  readonly option: string;
  readonly found: string;
  readonly expected: string;
}

/** The limits that are otherwise than was deployed. Pure. */
export function limitDifferences(deployed: Limits, seen: Limits): LimitDifference[] {
  const rows: readonly [LimitKind, string, string, string][] = [
    ["memory", "memory", size(seen.memoryMiB), size(deployed.memoryMiB)],
    ["swap", "memory and swap", size(seen.swapMiB), size(deployed.swapMiB)],
    ["cpu-shares", "CPU shares", number(seen.cpuShares), number(deployed.cpuShares)],
    ["processes", "processes", number(seen.processes), number(deployed.processes)],
    ["restart-policy", "restart policy", seen.restart, deployed.restart],
    ["other-limit", "other limits", told(seen.others), told(deployed.others)],
  ];
  return rows
    .filter(([, , found, expected]) => found !== expected)
    .map(([kind, option, found, expected]) => ({ kind, option, found, expected }));
}

function size(mebibytes: number): string {
  if (mebibytes === -1 || mebibytes === 0) return "no limit";
  return Number.isInteger(mebibytes) ? formatMiB(mebibytes) : `${mebibytes * 1024 * 1024} bytes`;
}

function number(amount: number): string {
  return amount === 0 ? "no limit" : String(amount);
}

/** A list in a few words. */
export function told(list: readonly string[]): string {
  const text = list.filter((element) => element !== "").join(" ");
  return text === "" ? "none" : text;
}

/** What sets a limit anew. @param limitStep the step that sets the limit of processes, which the provider does not know. */
export function fixOf(kind: LimitKind, container: string, limitStep: string): string {
  switch (kind) {
    case "memory":
    case "swap":
    case "cpu-shares":
    case "restart-policy":
      return byRefresh;
    case "processes":
      return byStep(limitStep);
    case "other-limit":
      // `docker update` cannot take all of them off again.
      return byReplacing(container);
    default:
      return kind satisfies never;
  }
}
