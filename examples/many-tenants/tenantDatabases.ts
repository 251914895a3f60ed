import type { PoolClient } from "pg";
import type { Bounds } from "./bounds.ts";
import type { Credentials } from "./credentials.ts";
import { codeOf } from "./errorCode.ts";
import { PoolCache } from "./poolCache.ts";
import { Refusal } from "./refusal.ts";
import { openTenantPool, type PoolSettings } from "./tenantPool.ts";

/** What a server answers with to a wrong password, and to a role that may not log in. */
const loginErrors = ["28P01", "28000"];

/** Every tenant's database, by the tenant's id. */
export class TenantDatabases {
  readonly #credentials: Credentials;
  readonly #pools: PoolCache<PoolClient>;

  constructor(credentials: Credentials, bounds: Bounds, times: Omit<PoolSettings, "size" | "idleMs">) {
    this.#credentials = credentials;
    const settings = { ...times, size: bounds.connectionsPerTenant, idleMs: bounds.idleMs };
    this.#pools = new PoolCache(bounds, (tenant, changed) => {
      const login = credentials.of(tenant);
      if (login === undefined) throw new Error(`tenant ${tenant} has no login any more`);
      return openTenantPool(login, settings, changed);
    });
  }

  /** Tenants that there are logins for, and what is open. */
  get counts() {
    return { tenants: this.#credentials.size, ...this.#pools.counts };
  }

  /**
   * Does `work` on a connection to the tenant's database. A password that the server refuses may have been rotated: the sealed file is looked
   * at once more, and where it has another login, that one is tried, once.
   * @throws Refusal where there is no such tenant or no connection.
   */
  async use<T>(tenant: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const login = this.#credentials.of(tenant);
    if (login === undefined) throw new Refusal("unknown", `tenant ${tenant}: there is no such tenant`);
    try {
      return await this.#pools.use(tenant, work);
    } catch (error) {
      if (!isLoginRefused(error)) throw error;
      await this.reload().catch(() => undefined);
      if (this.#credentials.of(tenant) === login) throw loginRefused(tenant, error);
    }
    return this.#pools.use(tenant, work).catch((error) => {
      throw isLoginRefused(error) ? loginRefused(tenant, error) : error;
    });
  }

  /** Reads the sealed file again. Gives the tenants whose login changed; their next request logs in anew. */
  async reload(): Promise<readonly string[]> {
    const changed = await this.#credentials.reload();
    for (const tenant of changed) this.#pools.retire(tenant);
    return changed;
  }

  /** Refuses new work, and resolves when the last connection is closed. */
  stop(): Promise<void> {
    return this.#pools.stop();
  }
}

/** Only where connecting failed: `work` was not begun, so it may be tried again. */
function isLoginRefused(error: unknown): boolean {
  return error instanceof Refusal && loginErrors.includes(codeOf(error.cause) ?? "");
}

function loginRefused(tenant: string, cause: unknown): Refusal {
  return new Refusal(
    "login",
    `tenant ${tenant}: its database refuses the login; seal the connection strings again`,
    cause,
  );
}
