import type pg from "pg";
import { nodeClient } from "../../e2e/support/clients.ts";

/** So many connect at the same time: more would only wait for the processor, which computes a password's 4,096 hashes for each. */
const atOnce = 20;

/** Sessions that do nothing but be there. */
export interface Crowd {
  /** How many of them were ended by the other side. */
  readonly dropped: () => number;
  /** Asks each session for an answer. @throws Error when one has none. */
  readonly ask: () => Promise<void>;
  readonly leave: () => Promise<void>;
}

/** Opens as many sessions as said, shared out over the tenants of the connection strings. */
export async function gather(uris: readonly string[], count: number): Promise<Crowd> {
  const clients: pg.Client[] = [];
  const gone = new Set<pg.Client>();
  const come = async (uri: string) => {
    const client = await nodeClient(uri);
    clients.push(client);
    client.on("error", () => gone.add(client));
    client.on("end", () => gone.add(client));
  };
  for (let done = 0; done < count; done += atOnce) {
    const batch = Array.from({ length: Math.min(atOnce, count - done) }, (_, n) => uris[(done + n) % uris.length]);
    await Promise.all(batch.flatMap((uri) => (uri === undefined ? [] : [come(uri)])));
  }
  return {
    dropped: () => gone.size,
    ask: async () => {
      await Promise.all(clients.map((client) => client.query("SELECT 1")));
    },
    leave: async () => {
      await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
    },
  };
}
