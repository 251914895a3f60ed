import { type Impact, impacts } from "../../../components/changeEffects.ts";
import type { Report } from "./report.ts";

/** How long a restart takes, as it was measured, and where. */
export const restart = {
  seconds: 1.4,
  source: "docs/faults.md, M2",
  text: "about 2 s without an answer",
  footnote:
    "About 2 s: 1.4 s were measured from one answered commit to the next (docs/faults.md, M2). It is longer where much is left to write to disk; " +
    "after 120 s the server is killed, and recovers at its next start.",
} as const;

/** Impacts, worst first. */
const worstFirst: readonly Impact[] = impacts.toReversed();

/** How many tenants of one impact there are, in words. */
const counted: Readonly<Record<Exclude<Impact, "unchanged">, (count: number) => string>> = {
  "data at risk": (count) => `${count} with data at risk`,
  removed: (count) => `${count} removed`,
  stopped: (count) => `${count} stopped`,
  restart: (count) => (count === 1 ? "1 restart" : `${count} restarts`),
  "sessions end": (count) => `${count} whose sessions end`,
  started: (count) => `${count} started`,
  new: (count) => `${count} new`,
  "in place": (count) => `${count} in place`,
  "route only": (count) => (count === 1 ? "1 route only" : `${count} routes only`),
};

/** One sentence that sums a report up: "1 restart, 2 in place, 7 unchanged". */
export function sentence({ refused, tenants, unchanged, shared }: Report): string {
  if (refused) return "Refused: nothing would be changed.";
  const parts = worstFirst.flatMap((impact) => {
    if (impact === "unchanged") return [];
    const count = tenants.filter((tenant) => tenant.impact === impact).length;
    return count === 0 ? [] : [counted[impact](count)];
  });
  if (parts.length === 0 && shared.length === 0) return "Nothing changes.";
  return `${[...parts, `${unchanged} unchanged`].join(", ")}.`;
}

/** What happens to a tenant, in words. */
export function happening(impact: Impact): string {
  return impact === "restart" ? `restart, ${restart.text}` : impact;
}

/** Whether somebody has to look before this is deployed. */
export function risksData({ tenants, shared }: Report): boolean {
  return [...tenants, ...shared].some(({ impact }) => impact === "data at risk");
}
