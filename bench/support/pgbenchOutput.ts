/** What pgbench prints at its end, as far as this looks at it. */
export interface Summary {
  readonly tps: number;
  readonly transactions: number;
}

/** Reads pgbench's summary. @throws Error when it is of another form. */
export function parseSummary(stdout: string): Summary {
  const tps = /^tps = ([0-9.]+) \(/m.exec(stdout)?.[1];
  const transactions = /^number of transactions actually processed: ([0-9]+)/m.exec(stdout)?.[1];
  if (tps === undefined || transactions === undefined) throw new Error(`not a summary of pgbench:\n${stdout}`);
  return { tps: Number(tps), transactions: Number(transactions) };
}

/** How many clients met an error and made no more transactions, out of what pgbench says of errors. */
export function clientsThatGaveUp(stderr: string): number {
  return stderr.split("\n").filter((line) => /client \d+ (script \d+ )?aborted/.test(line)).length;
}

/** One line of `pgbench --log`, times in microseconds. */
export interface Logged {
  readonly client: number;
  readonly latency: number;
  /** When the transaction ended. */
  readonly at: number;
}

/** Reads a log of pgbench: `client_id transaction_no time script_no time_epoch time_us` in each line. */
export function parseLog(text: string): Logged[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [client = Number.NaN, , latency = Number.NaN, , epoch = Number.NaN, us = Number.NaN] = line
        .split(" ")
        .map(Number);
      return { client, latency, at: epoch * 1_000_000 + us };
    });
}

/**
 * Microseconds from the end of one transaction to the end of the same client's next: with a connection for each, this is connecting, the
 * transaction and disconnecting. pgbench's own latency leaves the connection out.
 */
export function cycles(log: readonly Logged[]): number[] {
  const last = new Map<number, number>();
  return log.flatMap(({ client, at }) => {
    const before = last.get(client);
    last.set(client, at);
    return before === undefined ? [] : [at - before];
  });
}
