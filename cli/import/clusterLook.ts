import { createHash } from "node:crypto";
import * as z from "zod";
import { encodeVerifier } from "../../components/scramVerifier.ts";

const names = z.array(z.string());

const clusterSchema = z.object({
  /** What the server keeps of the superuser's password; null without one. Secret. */
  verifier: z.string().nullable(),
  /** Databases that users made. */
  databases: names,
  /** PostgreSQL's own database `postgres`, where it was not dropped. */
  own: names,
  /** Roles called as the superuser will be. */
  taken: names,
  slots: names,
  subscriptions: names,
  /** Tablespaces, which are outside the volume. */
  tablespaces: names,
  /** Other roles that are superusers or have something of one. */
  powerful: names,
  /** Settings that ALTER SYSTEM made. */
  altered: names,
});

const databaseSchema = z.object({
  /** Objects that are handed over, by kind. */
  owned: z.record(z.string(), z.number()),
  /** Functions in a language that lets them do what the server can, outside extensions. */
  untrusted: names,
  /** What stays with the superuser. */
  stays: names,
  /** SECURITY DEFINER functions of the superuser's. */
  definers: names,
  /** Tables whose policies hold for their owner, too. */
  policed: names,
  /** What sorted text under another version of the C library's locales. */
  collations: names,
});

/** What is known of a tenant's cluster; databases by name, PostgreSQL's own among them. */
export interface ClusterLook {
  readonly cluster: z.infer<typeof clusterSchema>;
  readonly databases: ReadonlyMap<string, z.infer<typeof databaseSchema>>;
}

export const parseCluster = (json: string) => clusterSchema.parse(JSON.parse(json));
export const parseDatabase = (json: string) => databaseSchema.parse(JSON.parse(json));

/** Whether a password is the one that the server keeps this of: SCRAM-SHA-256, or MD5 as up to PostgreSQL 13. */
export function isPasswordOf(verifier: string | null, user: string, password: string): boolean {
  if (verifier === null) return false;
  const [, rounds, salt] = /^SCRAM-SHA-256\$(\d+):([^$]+)\$/.exec(verifier) ?? [];
  if (rounds !== undefined && salt !== undefined)
    return encodeVerifier(password, Buffer.from(salt, "base64"), Number(rounds)) === verifier;
  const digest = createHash("md5").update(`${password}${user}`).digest("hex");
  return verifier === `md5${digest}`;
}

/** The superuser's objects by kind over some databases, such as "3 × table, 1 × view"; empty where it has none. */
export function ownedIn({ databases }: ClusterLook, which: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of which)
    for (const [kind, number] of Object.entries(databases.get(name)?.owned ?? {}))
      counts.set(kind, (counts.get(kind) ?? 0) + number);
  return [...counts].map(([kind, number]) => `${number} × ${kind}`).join(", ");
}
