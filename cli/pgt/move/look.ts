import * as z from "zod";

const look = z.object({
  /** The database's size. */
  bytes: z.number(),
  /** What the server's volume holds, and what is free in its file system. */
  usedMiB: z.number(),
  freeMiB: z.number(),
  /** Encoding and collation, in a form that is the same where they are. */
  locale: z.string(),
  /** Whether a schema that is called as ours is the tenant's. */
  ownSchema: z.boolean(),
  /** Settings of its database and role that only a superuser can make. */
  settings: z.array(z.string()),
  /** Extensions that only a superuser can make. */
  extensions: z.array(z.string()),
  publications: z.number(),
  subscriptions: z.number(),
  /** Beside the tenant's own; on an instance those of others, too. */
  databases: z.array(z.string()),
  roles: z.array(z.string()),
});

/** What a move has to know of a database and its server. */
export type MoveLook = z.infer<typeof look>;

/** Reads what `move.sh look` prints. @throws Error when it is of another form. */
export function parseMoveLook(printed: string): MoveLook {
  return look.parse(JSON.parse(printed));
}
