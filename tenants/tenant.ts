/** One tenant as the rest of the program sees it: plain values, every default filled in, frozen. */
export interface Tenant {
  /** Names the tenant everywhere: its host, its container, its volume. Never changes. */
  readonly id: string;
  /** The tenant's database. */
  readonly database: string;
  /** The role that logs in and owns the database: the id, with `-` as `_`. */
  readonly owner: string;
  /** The plan that gave the values which the tenant does not set itself. */
  readonly plan: string;
  /** Hard memory limit of the tenant's container, in MiB. Changed in place. */
  readonly memoryMiB: number;
  /** Weight of the tenant when processors are scarce; twice the shares is twice the time. Changed in place. */
  readonly cpuShares: number;
  /** PostgreSQL's `max_connections`. A change restarts the tenant. */
  readonly maxConnections: number;
  /** PostgreSQL's `shared_buffers`, in MiB. A change restarts the tenant. */
  readonly sharedBuffersMiB: number;
}
