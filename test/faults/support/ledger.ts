import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { nodeClient } from "../../e2e/support/clients.ts";
import { type Comparison, compare, type LedgerRow } from "./comparison.ts";

/** Milliseconds between two writes, and after a failed one before the next connection. */
const pause = 10;
const pauseAfterError = 50;

/** An answer that takes longer counts as an error, in milliseconds: a session whose server is gone without a word must not hang for ever. */
const answerLimit = 5000;

const table =
  "CREATE TABLE IF NOT EXISTS ledger (n integer, half integer, transaction xid8 DEFAULT pg_current_xact_id())";

/** A client that writes all the time, and remembers what it was told is committed. */
export interface Ledger {
  /** Connects with this connection string from now on; the session that stands lives on as long as it can. */
  readonly use: (uri: string) => void;
  /**
   * Waits until so many transactions that began after the call are committed, by default one.
   * @throws Error with the last error when they are not within the milliseconds.
   */
  readonly commits: (milliseconds: number, count?: number) => Promise<void>;
  /** The longest time from one commit to the next with an error in between, in milliseconds; 0 without any error. */
  readonly recovery: () => number;
  /** How many transactions were acknowledged. */
  readonly acknowledged: () => number;
  /** Errors of its own so far. */
  readonly errors: () => readonly string[];
  /** Ends the writing; may be called again. */
  readonly stop: () => Promise<void>;
  /** Compares what it remembers with what is there, both ways, over a new session. For a ledger that was stopped. */
  readonly compare: () => Promise<Comparison>;
}

/** Starts a ledger in a table of its own, `ledger`, made anew. The caller stops it. */
export async function startLedger(uri: string): Promise<Ledger> {
  const acknowledged = new Map<number, string>();
  const inDoubt = new Set<number>();
  const errors: string[] = [];
  let [target, session, running, next, begun, longest] = [uri, undefined as pg.Client | undefined, true, 1, 0, 0];
  let [lastCommit, failed] = [performance.now(), false];

  const connected = async () => {
    const client = await nodeClient(target, `query_timeout=${answerLimit}`);
    client.on("error", () => undefined);
    return client;
  };
  const write = async (n: number) => {
    session ??= await connected();
    await session.query("BEGIN");
    const insert = "INSERT INTO ledger (n, half) VALUES ($1, $2) RETURNING transaction";
    const { rows } = await session.query<{ transaction: string }>(insert, [n, 1]);
    await session.query(insert, [n, 2]);
    inDoubt.add(n);
    const { command } = await session.query("COMMIT");
    // The answer to COMMIT in a transaction that an error has ended.
    if (command !== "COMMIT") throw new Error(`got ${command} for COMMIT`);
    inDoubt.delete(n);
    acknowledged.set(n, rows[0]?.transaction ?? "");
  };
  const attempt = async () => {
    const n = next++;
    begun = n;
    try {
      await write(n);
      const now = performance.now();
      if (failed) longest = Math.max(longest, now - lastCommit);
      [lastCommit, failed] = [now, false];
    } catch (error) {
      failed = true;
      errors.push(String(error));
      letGo(session);
      session = undefined;
    }
  };

  const first = await connected();
  await first.query("DROP TABLE IF EXISTS ledger");
  await first.query(table);
  session = first;
  const writing = (async () => {
    while (running) {
      await attempt();
      await sleep(failed ? pauseAfterError : pause);
    }
  })();

  return {
    use: (other) => {
      target = other;
    },
    commits: async (milliseconds, count = 1) => {
      const after = begun;
      const deadline = performance.now() + milliseconds;
      while ([...acknowledged.keys()].filter((n) => n > after).length < count) {
        if (performance.now() > deadline)
          throw new Error(`no commit within ${milliseconds} ms: ${errors.at(-1) ?? "no answer"}`);
        await sleep(pause);
      }
    },
    recovery: () => longest,
    acknowledged: () => acknowledged.size,
    errors: () => errors,
    stop: async () => {
      running = false;
      await writing;
      letGo(session);
    },
    compare: async () => {
      const reader = await connected();
      const { rows } = await reader.query<LedgerRow>("SELECT n, half, transaction FROM ledger");
      await reader.end();
      return compare({ acknowledged, inDoubt }, rows);
    },
  };
}

/** Not awaited: the end of a session whose server is gone may never be answered. */
function letGo(client: pg.Client | undefined): void {
  client?.end().catch(() => undefined);
}
