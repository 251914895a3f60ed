import type { Bounds } from "./bounds.ts";
import type { MakePool, Taken } from "./pool.ts";
import { PoolSet } from "./poolSet.ts";
import { Refusal } from "./refusal.ts";

interface Waiter<Client> {
  readonly tenant: string;
  readonly give: (taken: Promise<Taken<Client>>) => void;
  readonly refuse: (refusal: Refusal) => void;
  readonly timer: NodeJS.Timeout;
}

/** What may still be given out, while the waiting requests are gone through. */
interface Room {
  pools: number;
  connections: number;
  /** What will be free without anybody doing more for it. */
  readonly coming: { pools: number; connections: number };
  /** Tenant to how many of its waiting requests something is coming for. */
  readonly promised: Map<string, number>;
}

/**
 * Connections by tenant: pools are made on first use and ended when idle, within bounds. Where a bound is reached, room is made at the
 * expense of who was not used for longest and is not in use; where all are in use, requests wait in the order in which they came.
 */
export class PoolCache<Client> {
  readonly #bounds: Bounds;
  readonly #pools: PoolSet<Client>;
  readonly #waiting = new Set<Waiter<Client>>();
  #isDue = false;
  #stopped: PromiseWithResolvers<void> | undefined;

  constructor(bounds: Bounds, make: MakePool<Client>) {
    this.#bounds = bounds;
    this.#pools = new PoolSet(bounds.idleMs, make, () => this.#changed());
  }

  /** What there is now. */
  get counts(): { readonly pools: number; readonly connections: number; readonly waiting: number } {
    return { pools: this.#pools.size, connections: this.#pools.connections, waiting: this.#waiting.size };
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
    this.#pools.leave(tenant);
  }

  /** Refuses who waits and who comes, and ends every pool as soon as nobody uses it. Resolves when all connections are closed. */
  stop(): Promise<void> {
    if (this.#stopped === undefined) {
      this.#stopped = Promise.withResolvers();
      for (const waiter of this.#waiting) this.#refuse(waiter, stopping());
      this.#pools.leaveAll();
      this.#changed();
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
      this.#changed();
    });
  }

  #refuse(waiter: Waiter<Client>, refusal: Refusal): void {
    this.#waiting.delete(waiter);
    clearTimeout(waiter.timer);
    waiter.refuse(refusal);
  }

  #tooLong(tenant: string): Refusal {
    const { connectionsPerTenant, waitMs } = this.#bounds;
    const isFull = (this.#pools.of(tenant)?.users ?? 0) >= connectionsPerTenant;
    const inUse = isFull ? `its ${connectionsPerTenant} connections are in use` : "all connections are in use";
    return new Refusal("busy", `tenant ${tenant}: no connection within ${waitMs} ms, ${inUse}`);
  }

  /** After each change the waiting requests are gone through, once for all changes of the moment. */
  #changed(): void {
    if (this.#pools.size === 0) this.#stopped?.resolve();
    if (this.#isDue || this.#waiting.size === 0) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      const room = this.#room();
      for (const waiter of this.#waiting) this.#serve(waiter, room);
    });
  }

  #room(): Room {
    return {
      pools: this.#bounds.pools - this.#pools.size,
      connections: this.#bounds.connections - this.#pools.connections,
      coming: this.#pools.coming,
      promised: new Map(),
    };
  }

  /** Gives a request what is free, or sees to it that something becomes free: no more than is asked for, so what is coming already counts. */
  #serve(waiter: Waiter<Client>, room: Room): void {
    const { tenant } = waiter;
    const entry = this.#pools.of(tenant);
    const ahead = room.promised.get(tenant) ?? 0;
    if ((entry?.users ?? 0) + ahead >= this.#bounds.connectionsPerTenant) return;
    if (entry !== undefined && entry.pool.usable > entry.users) {
      this.#grant(waiter);
      return;
    }
    // A tenant's waiting requests ask for one pool together.
    const hasPool = entry !== undefined || (ahead === 0 && this.#hasRoomForPool(room));
    if (!hasPool || !this.#hasRoomForConnection(room)) {
      room.promised.set(tenant, ahead + 1);
      return;
    }
    if (entry === undefined) room.pools -= 1;
    room.connections -= 1;
    this.#grant(waiter);
  }

  #grant(waiter: Waiter<Client>): void {
    const { tenant } = waiter;
    this.#waiting.delete(waiter);
    clearTimeout(waiter.timer);
    const taken = this.#pools.take(tenant).catch((cause) => {
      throw new Refusal("unreachable", `tenant ${tenant}: its database takes no connection now`, cause);
    });
    waiter.give(taken);
  }

  #hasRoomForPool({ pools, coming }: Room): boolean {
    if (pools > 0) return true;
    if (coming.pools > 0) {
      coming.pools -= 1;
      return false;
    }
    const oldest = this.#pools.oldest(({ users }) => users === 0);
    if (oldest !== undefined) this.#pools.leave(oldest.tenant);
    return false;
  }

  #hasRoomForConnection({ connections, coming }: Room): boolean {
    if (connections > 0) return true;
    if (coming.connections > 0) coming.connections -= 1;
    else this.#pools.oldest(({ pool, users }) => pool.usable > users)?.pool.closeIdle();
    return false;
  }
}

function stopping(): Refusal {
  return new Refusal("stopping", "the service is stopping");
}
