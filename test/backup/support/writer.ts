import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** A commit that the client was told of. */
interface Commit {
  readonly id: number;
  /** When, by the server's clock, in milliseconds since 1970. */
  readonly at: number;
}

/** A client that commits a row at a time, in the table `ledger`, and remembers the last commit that it was told of. */
export interface Writer {
  readonly last: () => Commit;
  /** Ends it; also when the server is gone. */
  readonly stop: () => Promise<void>;
}

export const ledgerTable = "CREATE TABLE ledger (id integer PRIMARY KEY, at timestamptz NOT NULL)";

/** The query that a restored ledger is judged by: rows, the highest id, and the newest time in milliseconds. */
export const ledgerEnd = `SELECT count(*), coalesce(max(id), 0), coalesce(extract(epoch FROM max(at)) * 1000, 0) FROM ledger`;

/** Starts a writer on one session of a container's superuser, with a pause in milliseconds between two commits. */
export function startWriter(container: string, pause: number): Writer {
  const options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"];
  const client = spawn("docker", ["exec", "--interactive", container, "psql", ...options], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  client.stdin.on("error", () => undefined);
  const closed = once(client, "close");
  let [last, running]: [Commit, boolean] = [{ id: 0, at: 0 }, true];
  const insert = (id: number) =>
    client.stdin.write(
      `INSERT INTO ledger VALUES (${id}, clock_timestamp()) RETURNING id, extract(epoch FROM at) * 1000;\n`,
    );
  createInterface({ input: client.stdout }).on("line", async (line) => {
    const [id = 0, at = 0] = line.split("|").map(Number);
    last = { id, at };
    await sleep(pause);
    if (running) insert(id + 1);
  });
  insert(1);
  return {
    last: () => last,
    stop: async () => {
      running = false;
      client.stdin.end();
      await closed;
    },
  };
}
