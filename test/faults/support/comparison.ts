/** One row of the table `ledger`, as the database gives it. */
export interface LedgerRow {
  readonly n: number;
  readonly half: number;
  /** The transaction that wrote it (xid8). */
  readonly transaction: string;
}

/** What the client knows of its own transactions, each of which has a number and writes two rows. */
export interface Memory {
  /** Committed for certain, by number: the transaction. */
  readonly acknowledged: ReadonlyMap<number, string>;
  /** COMMIT was sent and never answered: both outcomes are right. */
  readonly inDoubt: ReadonlySet<number>;
}

/** Numbers of transactions that are not as they should be. */
export interface Comparison {
  /** Acknowledged, and nothing of it is there. */
  readonly lost: readonly number[];
  /** There by half, twice, from another transaction, or without that COMMIT was ever sent. */
  readonly broken: readonly number[];
}

/** Compares both ways. Pure. */
export function compare({ acknowledged, inDoubt }: Memory, rows: readonly LedgerRow[]): Comparison {
  const found = Map.groupBy(rows, ({ n }) => n);
  const isBroken = (n: number, halves: readonly LedgerRow[]) => {
    const transactions = new Set(halves.map(({ transaction }) => transaction));
    const whole =
      halves
        .map(({ half }) => half)
        .sort()
        .join() === "1,2" && transactions.size === 1;
    const meant = inDoubt.has(n) || transactions.has(acknowledged.get(n) ?? "");
    return !whole || !meant;
  };
  return {
    lost: [...acknowledged.keys()].filter((n) => !found.has(n)),
    broken: [...found].filter(([n, halves]) => isBroken(n, halves)).map(([n]) => n),
  };
}
