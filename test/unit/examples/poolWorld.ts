import type { Bounds } from "../../../examples/many-tenants/bounds.ts";
import type { Taken, TenantPool } from "../../../examples/many-tenants/pool.ts";

/** Milliseconds that the servers of this world take. */
export const [openMs, closeMs] = [10, 20];

/** Servers that know what is open at them, and note what a cache of pools must not do. */
export class PoolWorld {
  readonly pools: FakePool[] = [];
  /** Tenants whose server takes no connection. */
  readonly down = new Set<string>();
  readonly faults: string[] = [];
  readonly #bounds: Bounds;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
  }

  readonly make = (tenant: string, changed: () => void): FakePool => {
    const pool = new FakePool(tenant, this, changed);
    this.pools.push(pool);
    this.look();
    return pool;
  };

  /** The pools of a tenant that new requests may get connections from. */
  current(tenant: string): FakePool[] {
    return this.pools.filter((pool) => pool.tenant === tenant && !pool.isRetired && !pool.isEnding);
  }

  get open(): number {
    return this.pools.reduce((sum, pool) => sum + pool.open, 0);
  }

  get there(): number {
    return this.pools.filter((pool) => !pool.isEnded).length;
  }

  /** After each change at a server. */
  look(): void {
    if (this.open > this.#bounds.connections) this.faults.push(`${this.open} connections`);
    if (this.there > this.#bounds.pools) this.faults.push(`${this.there} pools`);
    for (const { tenant, used } of this.pools) {
      if (used > this.#bounds.connectionsPerTenant) this.faults.push(`${used} connections of ${tenant} in use`);
      if (this.current(tenant).length > 1) this.faults.push(`two pools of ${tenant}`);
    }
  }
}

/** A pool of connections that are numbers. */
export class FakePool implements TenantPool<number> {
  readonly tenant: string;
  open = 0;
  usable = 0;
  used = 0;
  isRetired = false;
  isEnding = false;
  isEnded = false;
  readonly #world: PoolWorld;
  readonly #changed: () => void;

  constructor(tenant: string, world: PoolWorld, changed: () => void) {
    this.tenant = tenant;
    this.#world = world;
    this.#changed = changed;
  }

  async take(): Promise<Taken<number>> {
    if (this.isEnding) this.#world.faults.push(`a connection of ${this.tenant}'s ended pool was asked for`);
    const isIdle = this.usable > this.used;
    this.used += 1;
    if (!isIdle) {
      this.usable += 1;
      this.open += 1;
      this.#world.look();
      await lasting(openMs);
      if (this.#world.down.has(this.tenant)) {
        this.used -= 1;
        this.#close();
        throw new Error("connection refused");
      }
    }
    return { client: 1, giveBack: (broken) => this.#giveBack(broken) };
  }

  closeIdle(): void {
    if (this.usable <= this.used) this.#world.faults.push(`a connection of ${this.tenant} in use was closed`);
    this.#close();
  }

  async end(): Promise<void> {
    if (this.isEnding) this.#world.faults.push(`the pool of ${this.tenant} was ended twice`);
    if (this.used > 0) this.#world.faults.push(`the pool of ${this.tenant} was ended in use`);
    this.isEnding = true;
    while (this.usable > 0) this.#close();
    await lasting(closeMs);
    this.isEnded = true;
  }

  /** The server ends the session of an idle connection. */
  die(): void {
    if (this.usable > this.used) this.#close();
  }

  #giveBack(broken: boolean): void {
    this.used -= 1;
    if (broken) this.#close();
  }

  #close(): void {
    this.usable -= 1;
    setTimeout(() => {
      this.open -= 1;
      this.#changed();
    }, closeMs);
  }
}

export function lasting(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
