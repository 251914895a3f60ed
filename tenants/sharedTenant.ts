import type { Standby } from "./standby.ts";
import type { Tenant } from "./tenant.ts";

/** How tenants of one instance are kept apart: a database each, or a schema each in one database. */
type Isolation = "database" | "schema";

/** A tenant without a server of its own, as the rest of the program sees it: plain values, every default filled in, frozen. */
export interface SharedTenant
  extends Pick<
    Tenant,
    | "id"
    | "origin"
    | "formerIds"
    | "database"
    | "owner"
    | "plan"
    | "state"
    | "removedOn"
    | "access"
    | "password"
    | "passwordVersion"
    | "maxConnections"
    | "statementTimeoutMs"
    | "idleInTransactionTimeoutMs"
    | "pooler"
  > {
  /** The id of the instance that it is on. */
  readonly instance: string;
  readonly isolation: Isolation;
  /** Of a second place, see {@link TenantList.beside}. */
  readonly standby?: Standby;
}

/** Everything that a file lists. */
export interface TenantList {
  /** Those with a server of their own, in the order of the file, and after them the instances. */
  readonly servers: readonly Tenant[];
  readonly shared: readonly SharedTenant[];
  /** Second places of tenants that move or moved, each under the tenant's id: no route leads there. Their own are above. */
  readonly beside: { readonly servers: readonly Tenant[]; readonly shared: readonly SharedTenant[] };
}
