import * as z from "zod";
import { documented } from "./fieldDocs.ts";
import { count, duration, word } from "./fields.ts";
import type { TenantEntry } from "./schema.ts";

const SHORTEST_WAIT_MS = 1000;

const reloads = "taken over by the running pool; no session ends.";

/** A tenant's connection pool. */
export const PoolerSchema = z.strictObject(
  {
    mode: documented(word(["transaction", "session"]).exactOptional(), {
      meaning:
        "How long a client keeps a server connection: for a transaction, so that many clients share few; or until it leaves, so that nothing is otherwise than without a pool. [pooling.md](pooling.md#what-transaction-mode-breaks) says what transactions alone cannot have.",
      limits: "`transaction` or `session`.",
      byDefault: "`transaction`.",
      change: `${reloads} Who is connected has it from the next transaction on. A tenant that gets a pool, or loses it, restarts once.`,
    }),
    size: documented(count(1, 5000).exactOptional(), {
      meaning:
        "The most server connections that the pool opens to one database, for all roles together, and the most for one role, in all databases together. Without `databases` or without `roles` that log in these are all there are; with both there can be as many times more as there are of the fewer, the tenant's own counted.",
      limits:
        "A whole number from 1. With `reserve`, and so many times, at most `maxConnections`, out of which they come.",
      byDefault: "half of `maxConnections`, shared among so many; 20 at most.",
      change: reloads,
    }),
    reserve: documented(count(0, 5000).exactOptional(), {
      meaning: "How many more it opens where a client has waited for three seconds.",
      limits: "A whole number from 0. Together with `size` as that says.",
      byDefault: "0.",
      change: reloads,
    }),
    maxClients: documented(count(1, 10_000).exactOptional(), {
      meaning: "The most clients that the pool has at a time. One more is refused, with a message that says so.",
      limits: "A whole number from 1 to 10000.",
      byDefault: "1000.",
      change: `${reloads} Where it makes the pool's container larger, that is changed in place.`,
    }),
    queryWait: documented(duration(SHORTEST_WAIT_MS).exactOptional(), {
      meaning:
        "How long a client waits for a server connection, while all are taken or the server restarts. Then it is told `query_wait_timeout` and let go.",
      limits: "From `1 s` to `24 h`, in whole seconds; a part of one counts as one.",
      byDefault: "`30 s`.",
      change: reloads,
    }),
  },
  {
    error: () =>
      'a mapping with mode, size, reserve, maxClients or queryWait; write it as "pooler: { mode: transaction }"',
  },
);

type Declaring = Pick<Partial<TenantEntry>, "databases" | "roles">;

/**
 * By how much `size` and `reserve` count: they bound each database, all its roles together, and each role, in all its databases together; so as many
 * times over as the tenant has of the fewer of both.
 */
export function poolFactor({ databases = [], roles = [] }: Declaring): number {
  const isThere = ({ ensure }: { readonly ensure?: string }) => ensure !== "absent";
  const logins = roles.filter((role) => isThere(role) && role.login !== false);
  return 1 + Math.min(databases.filter(isThere).length, logins.length);
}

/** Server connections of a pool that sets no size: half of the tenant's, so that some are left for who does not come by it. */
export function defaultPoolSize(maxConnections: number, entry: Declaring = {}): number {
  return Math.max(1, Math.min(20, Math.floor(maxConnections / 2 / poolFactor(entry))));
}
