import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { nodeClient } from "../../e2e/support/clients.ts";

/** Milliseconds between two queries on the session, and between two new connections. */
const queryPause = 100;
const connectionPause = 500;

/** An answer that takes longer counts as an error, in milliseconds: a server that is gone without a word must not hold the probe. */
const answerLimit = 5000;

/** What a tenant's client saw. Times in milliseconds. */
export interface ProbeFindings {
  readonly queries: number;
  readonly connections: number;
  readonly errors: readonly string[];
  /** How often the session had to be opened again. */
  readonly reconnects: number;
  /** The longest time from one answer to the next with an error of the session in between; 0 without any. */
  readonly away: number;
  readonly p50: number;
  readonly p99: number;
}

export interface Probe {
  /** Ends it; a second call gives the same. */
  readonly stop: () => Promise<ProbeFindings>;
}

/**
 * Queries a tenant ten times a second on one session, and connects anew twice a second, until it is stopped. Starts once the session stands.
 * After an error of the session it opens another one.
 */
export async function startProbe(uri: string): Promise<Probe> {
  const errors: string[] = [];
  const times: number[] = [];
  let [running, connections, reconnects, away] = [true, 0, 0, 0];
  let session: pg.Client | undefined = await connected();
  let [lastAnswer, failed] = [performance.now(), false];

  async function connected(): Promise<pg.Client> {
    const client = await nodeClient(uri, `query_timeout=${answerLimit}`);
    client.on("error", (error) => errors.push(String(error)));
    return client;
  }
  async function repeat(milliseconds: number, act: () => Promise<void>): Promise<void> {
    while (running) {
      await act().catch((error: unknown) => errors.push(String(error)));
      await sleep(milliseconds);
    }
  }
  async function query(): Promise<void> {
    if (session === undefined) {
      session = await connected();
      reconnects += 1;
    }
    const start = performance.now();
    await session.query("SELECT count(*) FROM pg_class");
    const now = performance.now();
    times.push(now - start);
    if (failed) away = Math.max(away, now - lastAnswer);
    [lastAnswer, failed] = [now, false];
  }
  const querying = repeat(queryPause, async () => {
    try {
      await query();
    } catch (error) {
      failed = true;
      session?.end().catch(() => undefined);
      session = undefined;
      throw error;
    }
  });
  const connecting = repeat(connectionPause, async () => {
    const client = await connected();
    await client.query("SELECT 1");
    await client.end();
    connections += 1;
  });
  const ended = Promise.all([querying, connecting]).then(async () => {
    await session?.end();
    times.sort((a, b) => a - b);
    const percentile = (share: number) => times[Math.floor(times.length * share)] ?? 0;
    const [p50, p99] = [percentile(0.5), percentile(0.99)];
    return { queries: times.length, connections, errors, reconnects, away, p50, p99 };
  });
  return {
    stop: () => {
      running = false;
      return ended;
    },
  };
}
