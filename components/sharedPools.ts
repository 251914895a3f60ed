import { createHash } from "node:crypto";
import { type Pool, renderPoolFiles } from "./pgbouncerIni.ts";
import type { PlacedShared } from "./sharedPorts.ts";

/** What is the same for every tenant on an instance. */
const pool = {
  // A client has a server connection for as long as it stays: what works with PostgreSQL works here.
  mode: "session",
  reserve: 0,
  reserveSeconds: 5,
  queryWaitSeconds: 10,
  // In session mode another client can hardly use it, and each that waits takes one of the instance's connections: the pool's question for a
  // verifier as well.
  serverIdleSeconds: 2,
  preparedStatements: 200,
} as const;

/** What apply-pools.sh reads: a pool for each tenant that may be reached. It holds no secret. Pure. */
export function renderPools(tenants: readonly PlacedShared[]): string {
  const pools = tenants
    .filter(({ state, access }) => state === "running" && access.enabled)
    .toSorted((one, other) => (one.origin < other.origin ? -1 : 1))
    .map((tenant) => [tenant.origin, poolOf(tenant)] as const);
  return renderPoolFiles(pools);
}

/** A tenant's pool. The database is its own whatever a client asks for, and nobody else's role gets in. */
export function poolOf({ port, database, owner, maxConnections, access, pooler }: PlacedShared): Pool {
  const { maxClientsPerIp: _, ...own } = pooler ?? { maxClientsPerIp: undefined };
  return {
    ...pool,
    port,
    database,
    role: owner,
    size: maxConnections,
    maxClients: maxConnections,
    ...own,
    // Another list of networks ends the sessions: none stays that would not be let in now.
    sessions: createHash("sha256").update(access.allow.join(" ")).digest("hex").slice(0, 8),
  };
}
