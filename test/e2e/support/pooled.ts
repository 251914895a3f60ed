import type pg from "pg";
import type { TenantConnections } from "../../../components/tenantConnections.ts";
import { nodeClient } from "./clients.ts";
import { outputOf } from "./shell.ts";
import type { TestStack } from "./testStack.ts";

/** A tenant's URI by its connection pool. */
export async function pooledUri(at: TestStack, id: string): Promise<string> {
  const all: Record<string, TenantConnections> = await at.connectionStrings();
  const uri = all[id]?.pooled?.nodePostgres;
  if (uri === undefined) throw new Error(`no pooled connection strings for ${id}`);
  return uri;
}

/** A client by the pool, whose end from the other side is no error of the test. */
export async function pooledClient(at: TestStack, id: string): Promise<pg.Client> {
  return watched(await pooledUri(at, id));
}

/** A client at a URI, whose end from the other side is no error of the test. */
export async function watched(uri: string, extra = ""): Promise<pg.Client> {
  const client = await nodeClient(uri, extra);
  return client.on("error", () => undefined);
}

/** The first column of a statement's only row. */
export async function firstValue(client: pg.Client, sql: string): Promise<string> {
  const { rows } = await client.query({ text: sql, rowMode: "array" });
  return String(rows[0]?.[0]);
}

/** The container of a tenant's pool. */
export const poolerOf = (at: TestStack, id: string) => `${at.container(id)}_pooler`;

/** Processor time that the pool's PgBouncer has used, in hundredths of a second. */
export async function poolerTicks(at: TestStack, id: string): Promise<number> {
  const find =
    'for p in /proc/[0-9]*; do if [ "$(cat "$p/comm")" = pgbouncer ]; then cut -d " " -f 14,15 "$p/stat"; fi; done';
  const ticks = await outputOf("docker", ["exec", poolerOf(at, id), "sh", "-euc", find]);
  return ticks.split(/\s+/).reduce((sum, part) => sum + Number(part), 0);
}

/** How many connections clients have to a tenant's server. */
export async function serverConnections(at: TestStack, id: string): Promise<number> {
  const sql = `SELECT count(*) FROM pg_stat_activity WHERE usename = '${id}'`;
  const psql = ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--command", sql];
  return Number(await outputOf("docker", ["exec", at.container(id), ...psql]));
}
