import { expect } from "vitest";
import { stringsOf } from "../../e2e/support/clients.ts";
import type { TestStack } from "../../e2e/support/testStack.ts";
import { type Ledger, startLedger } from "./ledger.ts";
import { type ProbeFindings, startProbe } from "./probe.ts";
import type { Figures, Report } from "./table.ts";

/** So many commits are there before a fault: those that were made just before it are the ones that it could cost. */
const before = 50;

/** Who is watched, and what is expected. */
export interface Watched {
  /** The tenant that the fault happens to; its client keeps a ledger. By default acme. */
  readonly victim?: string;
  /** Another tenant, which is asked meanwhile: by default globex. null where every tenant gets another password. */
  readonly neighbour?: string | null;
  /** The neighbour's errors that are the fault itself, where it is everybody's by its nature: {@link sessionsEnd}. By default none. */
  readonly inherent?: RegExp;
  /** How long the victim may be without a commit, and the neighbour without an answer, in milliseconds; 0: no write and no query may fail. */
  readonly recoversWithin: number;
}

/**
 * Lets a fault happen while the victim's client writes and a neighbour's asks, waits until writes are acknowledged again, and holds the case to the
 * common rules: no acknowledged commit lost, no transaction by half, no error for the neighbour, recovery in time.
 */
export async function underWatch(
  at: TestStack,
  report: Report,
  { victim = "acme", neighbour = "globex", inherent, recoversWithin }: Watched,
  fault: (ledger: Ledger) => Promise<void>,
): Promise<void> {
  const strings = await at.connectionStrings();
  const ledger = await startLedger(stringsOf(strings, victim).nodePostgres);
  const probe = neighbour === null ? undefined : await startProbe(stringsOf(strings, neighbour).nodePostgres);
  try {
    await ledger.commits(30_000, before);
    await fault(ledger);
    await ledger.commits(recoversWithin + 10_000);
  } finally {
    await Promise.all([ledger.stop(), probe?.stop()]);
  }
  const { lost, broken } = await ledger.compare();
  report({ commits: ledger.acknowledged(), lost: lost.length, recovery: ledger.recovery() });
  const seen = await probe?.stop();
  const errors = (seen?.errors ?? []).filter((error) => inherent?.test(error) !== true);
  if (seen !== undefined) {
    report({ asked: seen.queries + seen.connections, neighbourErrors: errors.length, neighbourP99: seen.p99 });
    if (inherent !== undefined) report({ ...timesAway(seen), inherent: seen.errors.length - errors.length });
  }
  expect({ lost, broken }).toEqual({ lost: [], broken: [] });
  expect(errors).toEqual([]);
  expect(seen?.away ?? 0).toBeLessThanOrEqual(recoversWithin);
  expect(ledger.recovery(), ledger.errors().join("\n")).toBeLessThanOrEqual(recoversWithin);
}

/** What a client is told when the router or its server ends, and while they are not back. */
export const sessionsEnd =
  /Connection terminated|is not queryable|terminating connection due to administrator command|the database system is (starting up|shutting down)|ECONNREFUSED|ECONNRESET|EPIPE|socket disconnected before secure TLS|timeout/;

const timesAway = ({ reconnects, away }: ProbeFindings): Figures => ({ reconnects, away });

/** The connection string for node-postgres. */
export async function uriOf(at: TestStack, id: string): Promise<string> {
  return stringsOf(await at.connectionStrings(), id).nodePostgres;
}
