import type { PoolClient } from "pg";
import { codeOf } from "./errorCode.ts";

/** What the example keeps for a tenant. */
export interface Note {
  readonly id: string;
  readonly text: string;
}

const undefinedTable = "42P01";

// Two statements without parameters are one transaction. The lock keeps two processes from making the table at the same time.
const makeTable = `
  SELECT pg_advisory_xact_lock(hashtext('many-tenants notes'));
  CREATE TABLE IF NOT EXISTS notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text NOT NULL)`;

/** The tenant's newest notes, 20 at most. */
export async function readNotes(client: PoolClient): Promise<readonly Note[]> {
  const { rows } = await withTable(client, () =>
    client.query<Note>("SELECT id, text FROM notes ORDER BY id DESC LIMIT 20"),
  );
  return rows;
}

/** Adds a note; gives it with its id. */
export async function addNote(client: PoolClient, text: string): Promise<Note | undefined> {
  const { rows } = await withTable(client, () =>
    client.query<Note>("INSERT INTO notes (text) VALUES ($1) RETURNING id, text", [text]),
  );
  return rows[0];
}

/** A new tenant's database is empty: its table is made when it is first missed, not asked for at each request. */
async function withTable<T>(client: PoolClient, query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    if (codeOf(error) !== undefinedTable) throw error;
  }
  await client.query(makeTable);
  return query();
}
