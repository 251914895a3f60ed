import { Refusal } from "./refusal.ts";

/** How much the service takes, at most. All are held at every moment, also while something is being opened or closed. */
export interface Bounds {
  /** Pools, those that are being ended included. */
  readonly pools: number;
  /** Connections of all pools together, those that are being opened or closed included. */
  readonly connections: number;
  /** Connections of one tenant in use. */
  readonly connectionsPerTenant: number;
  /** Requests that wait for one tenant; one more is refused at once. */
  readonly waitingPerTenant: number;
  /** Milliseconds that a request waits for a connection; connecting has a time of its own. */
  readonly waitMs: number;
  /** Milliseconds after which a pool that nobody uses is ended. */
  readonly idleMs: number;
}

/** One tenant's pool, as far as the cache looks into it. */
export interface TenantPool<Client> {
  /** Connections in use, idle, or being opened. */
  readonly usable: number;
  /** The same and those that are being closed. */
  readonly open: number;
  /** Gives an idle connection, or else opens one. */
  take(): Promise<Taken<Client>>;
  /** Closes a connection that nobody uses. */
  closeIdle(): void;
  /** Closes all; called once, when none is in use. Resolves when the last one is closed. */
  end(): Promise<void>;
}

/** A connection in use. */
export interface Taken<Client> {
  readonly client: Client;
  /** `broken`: it is in a state that nobody else should meet, so it is closed. */
  giveBack(broken: boolean): void;
}

/** Makes the pool of a tenant; `changed` is to be called when one of its connections has been closed. */
export type MakePool<Client> = (tenant: string, changed: () => void) => TenantPool<Client>;

interface Entry<Client> {
  readonly tenant: string;
  readonly pool: TenantPool<Client>;
  /** Requests that have a connection, or one that is being opened for them. */
  users: number;
  idleTimer: NodeJS.Timeout | undefined;
}

interface Waiter<Client> {
  readonly tenant: string;
  readonly give: (taken: Promise<Taken<Client>>) => void;
  readonly refuse: (refusal: Refusal) => void;
  readonly timer: NodeJS.Timeout;
}

/** What is being made free while the waiting requests are gone through, so that no two wait for the same. */
interface Coming {
  pools: number;
  connections: number;
  /** Tenant to how many of its waiting requests something is coming for. */
  readonly promised: Map<string, number>;
}

/**
 * Pools by tenant, made on first use and ended when idle, within bounds. Where a bound is reached, room is made at the expense of who was
 * not used for longest and is not in use; where all are in use, requests wait in the order in which they came.
 */
export class PoolCache<Client> {
  readonly #bounds: Bounds;
  readonly #make: MakePool<Client>;
  /** In the order of their last use. */
  readonly #live = new Map<string, Entry<Client>>();
  /** Given up: ended as soon as nobody uses them. */
  readonly #leaving = new Set<Entry<Client>>();
  readonly #waiting = new Set<Waiter<Client>>();
  #serving = false;
  #stopped: PromiseWithResolvers<void> | undefined;

  constructor(bounds: Bounds, make: MakePool<Client>) {
    this.#bounds = bounds;
    this.#make = make;
  }

  /** What there is now. */
  get counts(): { readonly pools: number; readonly connections: number; readonly waiting: number } {
    return {
      pools: this.#live.size + this.#leaving.size,
      connections: this.#connections(),
      waiting: this.#waiting.size,
    };
  }

  /**
   * Does `work` on a connection of the tenant, which nobody else uses meanwhile. Where `work` throws, the connection is closed: it may be
   * within a transaction.
   * @throws Refusal where there is no connection; `work` was not begun then.
   */
  async use<T>(tenant: string, work: (client: Client) => Promise<T>): Promise<T> {
    const taken = await this.#wait(tenant);
    let broken = true;
    try {
      const result = await work(taken.client);
      broken = false;
      return result;
    } finally {
      taken.giveBack(broken);
    }
  }

  /** Gives a tenant's pool up, as its login is another one now: who has a connection keeps it, the next request gets a new pool. */
  retire(tenant: string): void {
    const entry = this.#live.get(tenant);
    if (entry !== undefined) this.#leave(entry);
  }

  /** Refuses who waits and who comes, and ends every pool as soon as nobody uses it. Resolves when all connections are closed. */
  stop(): Promise<void> {
    if (this.#stopped === undefined) {
      this.#stopped = Promise.withResolvers();
      for (const waiter of this.#waiting) this.#refuse(waiter, stopping());
      for (const entry of [...this.#live.values()]) this.#leave(entry);
      this.#noteEmpty();
    }
    return this.#stopped.promise;
  }

  async #wait(tenant: string): Promise<Taken<Client>> {
    if (this.#stopped !== undefined) throw stopping();
    const { waitingPerTenant, waitMs } = this.#bounds;
    const ahead = [...this.#waiting].filter((waiter) => waiter.tenant === tenant).length;
    if (ahead >= waitingPerTenant) throw new Refusal("busy", `tenant ${tenant}: ${ahead} requests wait already`);
    return new Promise((give, refuse) => {
      const timer = setTimeout(() => this.#refuse(waiter, this.#tooLong(tenant)), waitMs);
      const waiter: Waiter<Client> = { tenant, give, refuse, timer };
      this.#waiting.add(waiter);
      this.#serve();
    });
  }

  #refuse(waiter: Waiter<Client>, refusal: Refusal): void {
    this.#waiting.delete(waiter);
    clearTimeout(waiter.timer);
    waiter.refuse(refusal);
  }

  #tooLong(tenant: string): Refusal {
    const { connectionsPerTenant, waitMs } = this.#bounds;
    const isFull = (this.#live.get(tenant)?.users ?? 0) >= connectionsPerTenant;
    const inUse = isFull ? `its ${connectionsPerTenant} connections are in use` : "all connections are in use";
    return new Refusal("busy", `tenant ${tenant}: no connection within ${waitMs} ms, ${inUse}`);
  }

  /** Goes through the waiting requests, after each change; what changes meanwhile is seen in the same pass, or calls for the next. */
  #serve(): void {
    if (this.#serving || this.#waiting.size === 0) return;
    this.#serving = true;
    queueMicrotask(() => {
      this.#serving = false;
      const coming = this.#coming();
      for (const waiter of this.#waiting) this.#serveOne(waiter, coming);
    });
  }

  #serveOne(waiter: Waiter<Client>, coming: Coming): void {
    const { tenant } = waiter;
    const entry = this.#live.get(tenant);
    const promised = coming.promised.get(tenant) ?? 0;
    if ((entry?.users ?? 0) + promised >= this.#bounds.connectionsPerTenant) return;
    if (entry !== undefined && entry.pool.usable > entry.users) {
      this.#grant(waiter, entry);
      return;
    }
    // A tenant's waiting requests ask for one pool together.
    const hasPlace = entry !== undefined || (promised === 0 && this.#hasRoomForPool(coming));
    if (hasPlace && this.#hasRoomForConnection(coming)) this.#grant(waiter, entry ?? this.#add(waiter));
    else coming.promised.set(tenant, promised + 1);
  }

  #grant(waiter: Waiter<Client>, entry: Entry<Client> | undefined): void {
    if (entry === undefined) return;
    this.#waiting.delete(waiter);
    clearTimeout(waiter.timer);
    clearTimeout(entry.idleTimer);
    this.#live.delete(entry.tenant);
    this.#live.set(entry.tenant, entry);
    entry.users += 1;
    waiter.give(this.#take(entry));
  }

  async #take(entry: Entry<Client>): Promise<Taken<Client>> {
    try {
      const { client, giveBack } = await entry.pool.take();
      return {
        client,
        giveBack: (broken) => {
          giveBack(broken);
          this.#release(entry);
        },
      };
    } catch (cause) {
      this.#release(entry);
      throw new Refusal("unreachable", `tenant ${entry.tenant}: its database takes no connection now`, cause);
    }
  }

  #release(entry: Entry<Client>): void {
    entry.users -= 1;
    if (entry.users === 0) {
      if (this.#leaving.has(entry)) this.#end(entry);
      else entry.idleTimer = setTimeout(() => this.#leave(entry), this.#bounds.idleMs);
    }
    this.#serve();
  }

  /** Makes a tenant's pool; undefined where that fails, of which the request hears. */
  #add(waiter: Waiter<Client>): Entry<Client> | undefined {
    const { tenant } = waiter;
    try {
      const pool = this.#make(tenant, () => this.#serve());
      const entry: Entry<Client> = { tenant, pool, users: 0, idleTimer: undefined };
      this.#live.set(tenant, entry);
      return entry;
    } catch (error) {
      this.#refuse(waiter, new Refusal("unreachable", `tenant ${tenant}: its login cannot be used`, error));
      return undefined;
    }
  }

  #leave(entry: Entry<Client>): void {
    clearTimeout(entry.idleTimer);
    this.#live.delete(entry.tenant);
    this.#leaving.add(entry);
    if (entry.users === 0) this.#end(entry);
  }

  #end(entry: Entry<Client>): void {
    const ended = () => {
      this.#leaving.delete(entry);
      this.#noteEmpty();
      this.#serve();
    };
    entry.pool.end().then(ended, ended);
  }

  #noteEmpty(): void {
    if (this.#live.size + this.#leaving.size === 0) this.#stopped?.resolve();
  }

  #hasRoomForPool(coming: Coming): boolean {
    if (this.#live.size + this.#leaving.size < this.#bounds.pools) return true;
    if (coming.pools > 0) {
      coming.pools -= 1;
      return false;
    }
    const oldest = this.#oldest(({ users }) => users === 0);
    if (oldest !== undefined) {
      coming.connections += oldest.pool.open;
      this.#leave(oldest);
    }
    return false;
  }

  #hasRoomForConnection(coming: Coming): boolean {
    if (this.#connections() < this.#bounds.connections) return true;
    if (coming.connections > 0) coming.connections -= 1;
    else this.#oldest(({ pool, users }) => pool.usable > users)?.pool.closeIdle();
    return false;
  }

  /** The one that was not used for longest, of those that a condition holds for. */
  #oldest(holds: (entry: Entry<Client>) => boolean): Entry<Client> | undefined {
    return [...this.#live.values()].find(holds);
  }

  /** Open ones, and those that were promised to requests and are not begun yet. */
  #connections(): number {
    return this.#sum(({ pool, users }) => pool.open + Math.max(0, users - pool.usable));
  }

  #coming(): Coming {
    const unused = [...this.#leaving].filter(({ users }) => users === 0);
    const closing = [...this.#live.values()].map(({ pool }) => pool.open - pool.usable);
    const connections = [...closing, ...unused.map(({ pool }) => pool.open)].reduce((sum, count) => sum + count, 0);
    return { pools: unused.length, connections, promised: new Map() };
  }

  #sum(count: (entry: Entry<Client>) => number): number {
    let sum = 0;
    for (const entry of this.#live.values()) sum += count(entry);
    for (const entry of this.#leaving) sum += count(entry);
    return sum;
  }
}

function stopping(): Refusal {
  return new Refusal("stopping", "the service is stopping");
}
