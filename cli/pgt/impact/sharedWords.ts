import type { SharedFacts } from "../../../components/sharedFacts.ts";
import { formatMilliseconds } from "../../../tenants/units.ts";
import type { Reason } from "./reasons.ts";

/**
 * What other facts of a tenant on an instance do to it while it runs. As shared.sql makes them hold: a limit of connections is looked at when a
 * session begins; a time-out is a setting of the role, which a session reads when it begins, and a row of the watchdog's, which holds for all.
 */
export function factReasons(before: SharedFacts | undefined, after: SharedFacts | undefined): Reason[] {
  if (before === undefined || after === undefined) return [];
  const texts: string[] = [];
  const differs = <K extends keyof SharedFacts>(name: K) => before[name] !== after[name];
  if (differs("maxConnections"))
    texts.push(`maxConnections ${before.maxConnections} → ${after.maxConnections}, for new sessions`);
  if (differs("statementTimeoutMs"))
    texts.push(timeOut("statementTimeout", before.statementTimeoutMs, after.statementTimeoutMs));
  if (differs("idleInTransactionTimeoutMs"))
    texts.push(
      timeOut("idleInTransactionTimeout", before.idleInTransactionTimeoutMs, after.idleInTransactionTimeoutMs),
    );
  if (differs("password")) texts.push(`password ${before.password} → ${after.password}, for new logins`);
  // One of the tenant's own is not made of the version.
  if (differs("passwordVersion") && after.password === "generated")
    texts.push(`passwordVersion ${before.passwordVersion} → ${after.passwordVersion}: another password for new logins`);
  return texts.map((text) => ({ impact: "in place", text }));
}

function timeOut(name: string, before: number, after: number): string {
  const shorter = after !== 0 && (before === 0 || after < before);
  const whom = shorter ? "for open sessions as well" : "for new sessions";
  return `${name} ${formatMilliseconds(before)} → ${formatMilliseconds(after)}, ${whom}`;
}

/** The most ids that are named. */
const mostNamed = 5;

/** Tenants in words: `its 2 tenants acme, globex`. */
export function tenantsInWords(ids: readonly string[]): string {
  const sorted = ids.toSorted();
  const [one] = sorted;
  if (one !== undefined && sorted.length === 1) return `its tenant ${one}`;
  const rest = sorted.length - mostNamed;
  const named = sorted.slice(0, mostNamed).join(", ");
  return `its ${sorted.length} tenants ${named}${rest > 0 ? ` and ${rest} more` : ""}`;
}
