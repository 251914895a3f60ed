import type { MakePool, Taken, TenantPool } from "./pool.ts";

/** A pool and who uses it. */
export interface Entry<Client> {
  readonly tenant: string;
  readonly pool: TenantPool<Client>;
  /** Requests that have a connection, or one that is being opened for them. */
  readonly users: number;
}

interface OwnEntry<Client> extends Entry<Client> {
  users: number;
  idleTimer: NodeJS.Timeout | undefined;
}

/** The pools that there are, in the order of their last use: from the first use to the closing of the last connection. */
export class PoolSet<Client> {
  readonly #idleMs: number;
  readonly #make: MakePool<Client>;
  readonly #changed: () => void;
  readonly #live = new Map<string, OwnEntry<Client>>();
  /** Given up: ended as soon as nobody uses them. */
  readonly #leaving = new Set<OwnEntry<Client>>();

  /** A pool that nobody uses for `idleMs` is given up. `changed` is called when something became free. */
  constructor(idleMs: number, make: MakePool<Client>, changed: () => void) {
    this.#idleMs = idleMs;
    this.#make = make;
    this.#changed = changed;
  }

  get size(): number {
    return this.#live.size + this.#leaving.size;
  }

  /** Connections that are open, and those that were promised to requests and are not begun yet. */
  get connections(): number {
    let sum = 0;
    for (const entries of [this.#live.values(), this.#leaving])
      for (const { pool, users } of entries) sum += pool.open + Math.max(0, users - pool.usable);
    return sum;
  }

  /** What will be free without anybody doing more for it. */
  get coming(): { pools: number; connections: number } {
    const coming = { pools: 0, connections: 0 };
    for (const { pool } of this.#live.values()) coming.connections += pool.open - pool.usable;
    for (const { pool, users } of this.#leaving) {
      if (users > 0) continue;
      coming.pools += 1;
      coming.connections += pool.open;
    }
    return coming;
  }

  of(tenant: string): Entry<Client> | undefined {
    return this.#live.get(tenant);
  }

  /** The one that was not used for longest, of those that a condition holds for. */
  oldest(holds: (entry: Entry<Client>) => boolean): Entry<Client> | undefined {
    for (const entry of this.#live.values()) if (holds(entry)) return entry;
    return undefined;
  }

  /** Takes a connection of a tenant, whose pool is made where there is none. @throws Error where that, or connecting, fails. */
  async take(tenant: string): Promise<Taken<Client>> {
    const entry = this.#live.get(tenant) ?? {
      tenant,
      pool: this.#make(tenant, this.#changed),
      users: 0,
      idleTimer: undefined,
    };
    clearTimeout(entry.idleTimer);
    this.#live.delete(tenant);
    this.#live.set(tenant, entry);
    entry.users += 1;
    try {
      const { client, giveBack } = await entry.pool.take();
      return {
        client,
        giveBack: (broken) => {
          giveBack(broken);
          this.#release(entry);
        },
      };
    } catch (error) {
      this.#release(entry);
      throw error;
    }
  }

  /** Gives a tenant's pool up: its users keep their connections, and the next one gets a new pool. */
  leave(tenant: string): void {
    const entry = this.#live.get(tenant);
    if (entry === undefined) return;
    clearTimeout(entry.idleTimer);
    this.#live.delete(tenant);
    this.#leaving.add(entry);
    if (entry.users === 0) this.#end(entry);
  }

  leaveAll(): void {
    for (const tenant of [...this.#live.keys()]) this.leave(tenant);
  }

  #release(entry: OwnEntry<Client>): void {
    entry.users -= 1;
    if (entry.users === 0) {
      if (this.#leaving.has(entry)) this.#end(entry);
      else entry.idleTimer = setTimeout(() => this.leave(entry.tenant), this.#idleMs);
    }
    this.#changed();
  }

  #end(entry: OwnEntry<Client>): void {
    const ended = () => {
      this.#leaving.delete(entry);
      this.#changed();
    };
    entry.pool.end().then(ended, ended);
  }
}
