import { createHash } from "node:crypto";
import { loginRoles } from "../tenants/declared.ts";
import type { Pooler, Tenant } from "../tenants/tenant.ts";
import { type Pool, renderPoolFiles } from "./pgbouncerIni.ts";

/** Where a tenant's own pool listens, at its address. */
export const poolPort = 5432;

/** Seconds after which the reserve is opened, and a server connection that nobody uses is closed. */
const reserveSeconds = 3;
const serverIdleSeconds = 300;

/** Prepared statements that a server connection keeps. PgBouncer's own default. */
const preparedStatements = 200;

/** What the step of a tenant's own pool is told by standard input. Pure. @param pooler the tenant's own. */
export function renderTenantPool(tenant: PoolOwner, pooler: Pooler): string {
  return renderPoolFiles([["tenant", poolOf(tenant, pooler)]]);
}

type PoolOwner = Pick<Tenant, "access" | "database" | "declared">;

function poolOf({ access, database, declared }: PoolOwner, { maxClientsPerIp: _, ...values }: Pooler): Pool {
  const most = values.size + values.reserve;
  const roles = loginRoles(declared).filter(({ connectionLimit }) => connectionLimit < most);
  // Whoever would not be let in now, or is in a database of another name, has to come again.
  const sessions = JSON.stringify([access.enabled, access.allow, database]);
  return {
    ...values,
    ...{ port: poolPort, database: undefined, reserveSeconds, serverIdleSeconds, preparedStatements },
    roles: new Map(roles.map(({ name, connectionLimit }) => [name, connectionLimit])),
    sessions: createHash("sha256").update(sessions).digest("hex").slice(0, 12),
  };
}
