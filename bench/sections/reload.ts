import { setTimeout as sleep } from "node:timers/promises";
import type { Route } from "../../components/dynamicConfig.ts";
import type { Bench } from "../bench.ts";
import type { Reload } from "../results.ts";
import { firstAnswer } from "../support/answer.ts";
import { routedDoor, routedTarget, type Tenant } from "../support/benchStack.ts";
import type { Pair } from "../support/pair.ts";
import { loadWith } from "../support/pgbench.ts";
import { median } from "../support/statistics.ts";
import { startTestRouter, type TestRouter } from "../support/testRouter.ts";

/** The longest that a route may take. */
const limitSeconds = 60;

/** Processor time is read this long after a route was seen to work: everything that a reload leaves behind is done then. */
const settleSeconds = 0.5;

/** Clients that keep their session, and clients that connect for each transaction, while routes change. */
const clientsOfEach = 4;

/** How long one pgbench runs, in seconds; the next one follows at once, until all reloads are done. */
const loadSeconds = 20;

/** How long a container with pgbench takes to start. */
const startSeconds = 2;

/** From a renamed file to a usable route, on a router of the bench's own with many routes to one server. */
export async function reload(bench: Bench): Promise<void> {
  const { scope, results, save, say } = bench;
  const pair = await bench.pair();
  const router = await startTestRouter(pair.at);
  const rows: Reload[] = [];
  results.reload = rows;
  for (const { routers, underLoad } of scope.reload.sizes) {
    const row: Reload = { routers, seconds: [], cpuSeconds: [] };
    rows.push(row);
    const change = changer(router, pair, routers);
    await change();
    for (let index = 0; index < scope.reload.reloads; index += 1) {
      const before = router.cpuSeconds();
      row.seconds.push(await change());
      await sleep(settleSeconds * 1000);
      row.cpuSeconds.push(router.cpuSeconds() - before);
    }
    save();
    say(`${routers} routers: ${median(row.seconds)?.toFixed(3)} s`);
    row.traffic = await trafficAcross(pair, router, change, underLoad);
    save();
    say(`${routers} routers, ${row.traffic.reloads} reloads under load: ${row.traffic.errors} errors`);
  }
}

/** Each call moves one route to a host name that is new, and gives the seconds until that host answers. All other routes stay. */
function changer(router: TestRouter, { at, terminated }: Pair, routers: number): () => Promise<number> {
  const others = Array.from({ length: routers - 1 }, (_, index) => route(`other-${index}`, terminated));
  const steady = { ...route("steady", terminated), host: terminated.host };
  let count = 0;
  return async () => {
    count += 1;
    const host = `moving-${count}.${at.domain}`;
    const moving = { ...route("moving", terminated), host };
    const renamed = router.write([steady, moving, ...others.slice(1)]);
    const answered = await firstAnswer(routedDoor(at, { ...terminated, host }, router.port), limitSeconds);
    return (answered - renamed) / 1000;
  };
}

function route(id: string, { host, address }: Tenant): Route {
  const domain = host.slice(host.indexOf("."));
  return { id, host: `${id}${domain}`, address, passthrough: false, allow: [], maxConnectionsPerIp: 40 };
}

/** Reloads one after another, each seen to work, while two pgbench run through the router over a route that stays. */
async function trafficAcross(
  { at, terminated }: Pair,
  router: TestRouter,
  change: () => Promise<number>,
  reloads: number,
): Promise<NonNullable<Reload["traffic"]>> {
  const target = await routedTarget(at, terminated, router.port);
  let finished = false;
  const untilFinished = async (reconnect: boolean) => {
    const sum = { transactions: 0, errors: 0 };
    while (!finished) {
      const load = { clients: clientsOfEach, mode: "simple", reconnect, amount: { seconds: loadSeconds } } as const;
      const { transactions, errors } = await loadWith(target, load);
      sum.transactions += transactions;
      sum.errors += errors;
    }
    return sum;
  };
  const running = Promise.all([untilFinished(false), untilFinished(true)]);
  try {
    await sleep(startSeconds * 1000);
    for (let done = 0; done < reloads; done += 1) await change();
  } finally {
    finished = true;
    await running.catch(() => undefined);
  }
  const [kept, reconnecting] = await running;
  return {
    reloads,
    transactions: kept.transactions,
    connections: reconnecting.transactions,
    errors: kept.errors + reconnecting.errors,
  };
}
