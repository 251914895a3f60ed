import { readFileSync } from "node:fs";
import { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

/** Where a first answer is waited for. Without `caFile` the connection is in clear. */
export interface Door {
  readonly host: string;
  /** The address to dial; the host name is what is sent as server name and verified. */
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password: string;
  readonly caFile: string | undefined;
}

/** Milliseconds between two attempts: what a first answer can be late by. */
const pause = 5;

/**
 * Tries again and again until `SELECT 1` is answered, and gives the time of that (of `performance.now`).
 * @throws Error with the last attempt's reason when nothing has answered after `limit` seconds.
 */
export async function firstAnswer(door: Door, limit: number): Promise<number> {
  const deadline = performance.now() + limit * 1000;
  for (;;) {
    try {
      await ask(door);
      return performance.now();
    } catch (error) {
      if (performance.now() > deadline) {
        throw new Error(
          `${door.host} did not answer within ${limit} s: ${error instanceof Error ? error.message : error}`,
        );
      }
      await sleep(pause);
    }
  }
}

/** One connection, one question. @throws Error when it is not answered. */
export async function ask({ host, address, port, caFile, ...login }: Door): Promise<void> {
  const client = new pg.Client({
    ...login,
    host,
    port,
    stream: () => new DialledSocket(address),
    connectionTimeoutMillis: 2000,
    ssl: caFile === undefined ? false : { ca: readFileSync(caFile, "utf8"), servername: host },
  });
  // Told by `connect` as well; without a listener it would end the program.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("SELECT 1");
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Dials an address whatever host it is told: DNS does not know the bench's host names. */
class DialledSocket extends Socket {
  readonly #address: string;

  constructor(address: string) {
    super();
    this.#address = address;
  }

  override connect(...args: unknown[]): this {
    return super.connect(Number(args[0]), this.#address);
  }
}
