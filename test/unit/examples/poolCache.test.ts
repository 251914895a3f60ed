import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Bounds } from "../../../examples/many-tenants/bounds.ts";
import { PoolCache } from "../../../examples/many-tenants/poolCache.ts";
import { Refusal, type RefusalKind } from "../../../examples/many-tenants/refusal.ts";
import { closeMs, lasting, openMs, PoolWorld } from "./poolWorld.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const roomy: Bounds = {
  pools: 10,
  connections: 20,
  connectionsPerTenant: 2,
  waitingPerTenant: 10,
  waitMs: 1000,
  idleMs: 5000,
};

function setUp(bounds: Partial<Bounds> = {}) {
  const all = { ...roomy, ...bounds };
  const world = new PoolWorld(all);
  const cache = new PoolCache(all, world.make);
  /** Asks for a connection and keeps it for some time; gives what came of it. */
  const request = (tenant: string, workMs = 50): Promise<string> =>
    cache
      .use(tenant, () => lasting(workMs))
      .then(
        () => "answered",
        (error: unknown) => (error instanceof Refusal ? error.kind : String(error)),
      );
  return { world, cache, request };
}

const advance = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("pools", () => {
  test("are made on first use: requests that come at once make one, and no more connections than one tenant may have", async () => {
    const { world, request } = setUp();
    const answers = Promise.all([1, 2, 3, 4, 5].map(() => request("acme")));
    await advance(500);
    expect(await answers).toEqual(Array(5).fill("answered"));
    expect(world.pools.map(({ tenant, open }) => ({ tenant, open }))).toEqual([{ tenant: "acme", open: 2 }]);
    expect(world.faults).toEqual([]);
  });

  test("are ended when nobody used them for the idle time, and not before", async () => {
    const { world, request } = setUp();
    void request("acme", 50);
    await advance(openMs + 50 + roomy.idleMs - 1);
    expect(world.pools[0]?.isEnding).toBe(false);
    await advance(1);
    expect(world.pools[0]?.isEnding).toBe(true);
  });

  test("live on while they are used: each use begins the idle time anew", async () => {
    const { world, request } = setUp();
    for (let use = 0; use < 4; use += 1) {
      void request("acme");
      await advance(roomy.idleMs - 100);
    }
    expect(world.pools).toHaveLength(1);
    expect(world.pools[0]?.isEnding).toBe(false);
  });

  test("make room for another tenant's: the one that was not used for longest goes, and one in use never", async () => {
    const { world, request } = setUp({ pools: 3 });
    const long = request("acme", 900);
    await advance(10);
    for (const tenant of ["globex", "hooli", "globex"]) {
      void request(tenant, 10);
      await advance(100);
    }
    const newcomer = request("initech", 10);
    await advance(100);
    expect(await newcomer).toBe("answered");
    expect(world.pools.filter(({ isEnding }) => isEnding).map(({ tenant }) => tenant)).toEqual(["hooli"]);
    await advance(1000);
    expect(await long).toBe("answered");
    expect(world.faults).toEqual([]);
  });

  test("of a tenant with another login get no new request; who has a connection keeps it", async () => {
    const { world, cache, request } = setUp();
    const long = request("acme", 500);
    await advance(100);
    for (const pool of world.current("acme")) pool.isRetired = true;
    cache.retire("acme");
    const next = request("acme", 10);
    await advance(100);
    expect(await next).toBe("answered");
    expect(world.pools.map(({ isEnding }) => isEnding)).toEqual([false, false]);
    await advance(500);
    expect(await long).toBe("answered");
    expect(world.pools.map(({ isEnding }) => isEnding)).toEqual([true, false]);
  });
});

describe("connections", () => {
  test("that are idle are closed for another tenant when the bound of all is reached", async () => {
    const { world, request } = setUp({ connections: 2 });
    await Promise.all([Promise.all([request("acme"), request("acme")]), advance(500)]);
    expect(world.open).toBe(2);
    const other = request("globex", 10);
    await advance(closeMs + openMs + 10);
    expect(await other).toBe("answered");
    expect(world.faults).toEqual([]);
  });

  test("go to whoever waits longest: a busy tenant does not keep another one out", async () => {
    const { request } = setUp({ connections: 2 });
    const busy = [...Array(10).keys()].map(() => request("acme", 100));
    await advance(50);
    const other = request("globex", 10);
    await advance(100 * 5 + 100 + closeMs + openMs);
    expect(await other).toBe("answered");
    await advance(1000);
    expect(await Promise.all(busy)).toEqual(Array(10).fill("answered"));
  });

  test("on which a request failed are closed, and the next request gets a new one", async () => {
    const { world, cache, request } = setUp();
    const failing = cache.use("acme", () => Promise.reject(new Error("within a transaction")));
    const told = expect(failing).rejects.toThrow("within a transaction");
    await advance(openMs + closeMs);
    await told;
    expect(world.open).toBe(0);
    const next = request("acme", 10);
    await advance(100);
    expect(await next).toBe("answered");
  });
});

describe("no more is given up than is asked for", () => {
  const idle = ["acme", "globex", "hooli"];
  const useAll = async (request: (tenant: string) => Promise<string>) => {
    for (const tenant of idle) await Promise.all([request(tenant), advance(100)]);
  };

  test("requests that wait for one new tenant end one pool", async () => {
    const { world, request } = setUp({ pools: 3 });
    await useAll(request);
    const answers = Promise.all([request("initech"), request("initech"), request("initech")]);
    await advance(500);
    expect(await answers).toEqual(Array(3).fill("answered"));
    expect(world.pools.filter(({ isEnding }) => isEnding).map(({ tenant }) => tenant)).toEqual(["acme"]);
  });

  test("requests of one tenant close as many connections as that tenant may still have", async () => {
    const { world, request } = setUp({ connections: 4, connectionsPerTenant: 2 });
    await useAll(request);
    const answers = [request("initech", 900)];
    await advance(100);
    answers.push(request("initech", 10), request("initech", 10), request("initech", 10));
    await advance(2000);
    expect(await Promise.all(answers)).toEqual(Array(4).fill("answered"));
    expect(world.pools.map(({ open }) => open)).toEqual([0, 1, 1, 2]);
  });

  test("while one is being closed for a request, what else happens closes no other", async () => {
    const { world, request } = setUp({ connections: 3 });
    await useAll(request);
    const answers = [request("initech", 10)];
    await advance(closeMs / 2);
    answers.push(request("hooli", 10));
    await advance(500);
    expect(await Promise.all(answers)).toEqual(["answered", "answered"]);
    expect(world.pools.map(({ open }) => open)).toEqual([0, 1, 1, 1]);
  });

  test("a pool that was given up and is in use still is not waited for where another one is idle", async () => {
    const { cache, request } = setUp({ pools: 2 });
    const long = request("acme", 900);
    await Promise.all([request("globex", 10), advance(100)]);
    cache.retire("acme");
    const other = request("hooli", 10);
    await advance(100);
    expect(await other).toBe("answered");
    await advance(900);
    expect(await long).toBe("answered");
  });

  test("connections in use are not closed: the idle one of a pool that is in use is", async () => {
    const { world, request } = setUp({ connections: 3, connectionsPerTenant: 3 });
    const long = [request("acme", 900), request("acme", 900), request("acme", 10)];
    await advance(100);
    const other = request("globex", 10);
    await advance(100);
    expect(await other).toBe("answered");
    await advance(1000);
    expect(await Promise.all(long)).toEqual(Array(3).fill("answered"));
    expect(world.faults).toEqual([]);
  });
});

describe("a request that gets no connection hears why", () => {
  test.each<[string, Partial<Bounds>, string]>([
    [
      "its tenant's are in use",
      { connectionsPerTenant: 1 },
      "tenant acme: no connection within 1000 ms, its 1 connections are in use",
    ],
    ["all are in use", { connections: 1 }, "tenant acme: no connection within 1000 ms, all connections are in use"],
    ["too many wait", { connectionsPerTenant: 1, waitingPerTenant: 0 }, "tenant acme: 0 requests wait already"],
  ])("%s", async (_, bounds, message) => {
    const { cache } = setUp(bounds);
    const holder = cache.use("acme", () => lasting(5000)).catch(() => undefined);
    await advance(100);
    const refused = expect(cache.use("acme", () => lasting(1))).rejects.toThrow(message);
    await advance(roomy.waitMs);
    await refused;
    await advance(5000);
    await holder;
  });

  test("the server takes none, and the next request tries again", async () => {
    const { world, request } = setUp();
    world.down.add("acme");
    const refused = request("acme");
    await advance(openMs);
    expect(await refused).toBe("unreachable");
    world.down.clear();
    const next = request("acme", 10);
    await advance(100);
    expect(await next).toBe("answered");
  });

  test("the pool cannot be made", async () => {
    const cache = new PoolCache(roomy, () => {
      throw new Error("no such file");
    });
    await expect(cache.use("acme", () => lasting(1))).rejects.toThrow(
      "tenant acme: its database takes no connection now",
    );
    expect(cache.counts).toEqual({ pools: 0, connections: 0, waiting: 0 });
  });

  test("the service stops: who waits and who comes is refused, who has a connection is waited for", async () => {
    const { world, cache, request } = setUp({ connectionsPerTenant: 1 });
    const requests = [request("acme", 500), request("acme", 10)];
    await advance(100);
    const stopped = cache.stop();
    expect(await requests[1]).toBe("stopping");
    expect(await request("globex")).toBe("stopping");
    expect(world.open).toBe(1);
    await advance(500);
    await stopped;
    expect(await requests[0]).toBe("answered");
    expect(world.there).toBe(0);
  });
});

const tenant = fc.constantFrom("acme", "globex", "hooli", "initech", "umbrella", "wonka");
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("request" as const), tenant, workMs: fc.nat(60), fails: fc.boolean() }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(80) }) },
  fc.record({ do: fc.constantFrom("retire" as const, "down" as const, "up" as const, "die" as const), tenant }),
);
const anyBounds = fc.record({
  pools: fc.integer({ min: 1, max: 4 }),
  connections: fc.integer({ min: 1, max: 5 }),
  connectionsPerTenant: fc.integer({ min: 1, max: 3 }),
  waitingPerTenant: fc.nat(6),
  waitMs: fc.integer({ min: 1, max: 300 }),
  idleMs: fc.integer({ min: 1, max: 200 }),
});

/** What a request may come to, and nothing else. */
const endings: ReadonlySet<string> = new Set<RefusalKind | "answered" | "failed">([
  "answered",
  "failed",
  "busy",
  "unreachable",
]);

test("whatever comes, in whatever order: bounds hold, no pool is ended in use, each request ends in time, and nothing is left", async () => {
  const run = async (bounds: Bounds, steps: (typeof step extends fc.Arbitrary<infer Step> ? Step : never)[]) => {
    const world = new PoolWorld(bounds);
    const cache = new PoolCache(bounds, world.make);
    const endedAs: string[] = [];
    const begin = (id: string, workMs: number, fails: boolean) => {
      const begun = Date.now();
      const work = () => lasting(workMs).then(() => (fails ? Promise.reject(new Error("failed")) : undefined));
      const note = (what: string) => {
        endedAs.push(what);
        const most = bounds.waitMs + openMs + workMs;
        if (Date.now() - begun > most) world.faults.push(`${what} after ${Date.now() - begun} ms of ${most}`);
      };
      cache.use(id, work).then(
        () => note("answered"),
        (error) => note(error instanceof Refusal ? error.kind : String(error.message)),
      );
    };
    for (const at of steps) {
      switch (at.do) {
        case "request":
          begin(at.tenant, at.workMs, at.fails);
          break;
        case "wait":
          await advance(at.ms);
          break;
        case "retire":
          for (const pool of world.current(at.tenant)) pool.isRetired = true;
          cache.retire(at.tenant);
          break;
        case "down":
          world.down.add(at.tenant);
          break;
        case "up":
          world.down.delete(at.tenant);
          break;
        case "die":
          for (const pool of world.current(at.tenant)) pool.die();
          break;
        default:
          at satisfies never;
      }
      world.look();
    }
    await advance(bounds.waitMs + openMs + 60);
    expect(endedAs).toHaveLength(steps.filter((at) => at.do === "request").length);
    expect(endedAs.filter((what) => !endings.has(what))).toEqual([]);
    // Nobody asks any more: everything is idle, and goes.
    await advance(bounds.idleMs + closeMs);
    expect(cache.counts).toEqual({ pools: 0, connections: 0, waiting: 0 });
    expect({ open: world.open, there: world.there, faults: world.faults }).toEqual({ open: 0, there: 0, faults: [] });
  };
  await fc.assert(fc.asyncProperty(anyBounds, fc.array(step, { maxLength: 60 }), run), { numRuns: 500 });
}, 60_000);
