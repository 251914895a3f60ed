import type { SharedFacts } from "../../../components/sharedFacts.ts";
import { formatMilliseconds } from "../../../tenants/units.ts";
import { poolModeReasons } from "./poolMode.ts";
import type { Reason } from "./reasons.ts";

/** The values of a PgBouncer's configuration, by their names there. */
export type PoolValues = ReadonlyMap<string, string>;

/** The pools of an instance by the tenants' first ids, from what their step reads. What it is not made of is left out. Pure. */
export function poolsIn(stdin: unknown): ReadonlyMap<string, PoolValues> {
  const lines = typeof stdin === "string" ? stdin.split("\n") : [];
  return new Map(
    lines.flatMap((line) => {
      const [, name, encoded] = /^([a-z0-9-]+) ([A-Za-z0-9+/=]+)$/.exec(line) ?? [];
      return name === undefined || encoded === undefined ? [] : [[name, valuesIn(encoded)] as const];
    }),
  );
}

function valuesIn(encoded: string): PoolValues {
  const text = Buffer.from(encoded, "base64").toString("utf8");
  return new Map([...text.matchAll(/^([a-z_]+) = (.*)$/gm)].map(([, name = "", value = ""]) => [name, value]));
}

const told = [
  ["default_pool_size", "pool size"],
  ["reserve_pool_size", "pool reserve"],
  ["max_client_conn", "clients of the pool"],
  ["query_wait_timeout", "wait for the pool"],
] as const;

/** In which a pool without `pooler` follows the tenant's `maxConnections`, whose change says it. */
const following: readonly string[] = ["default_pool_size", "max_client_conn"];

/** A tenant's pool or facts, before and after. */
interface Change<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/**
 * What another configuration of a tenant's pool does to it. PgBouncer takes all of it over while it runs, but for the port; who may be in, where and
 * as whom is told as access, database and role. A pool that comes or goes does so with what is told then.
 */
export function poolReasons({ before, after }: Change<PoolValues>, facts: Change<SharedFacts>): Reason[] {
  if (before === undefined || after === undefined) return [];
  const follows = (name: string) =>
    following.includes(name) &&
    before.get(name) === String(facts.before?.maxConnections) &&
    after.get(name) === String(facts.after?.maxConnections);
  const values = told
    .filter(([name]) => before.get(name) !== after.get(name) && !follows(name))
    .map(([name, word]): Reason => {
      return { impact: "in place", text: `${word} ${show(name, before)} → ${show(name, after)}` };
    });
  const known = [...poolModeReasons(before.get("pool_mode"), after.get("pool_mode")), ...values];
  const [old = "none", young = "none"] = [before.get("listen_port"), after.get("listen_port")];
  return old === young ? known : [...known, { impact: "sessions end", text: `port of its pool ${old} → ${young}` }];
}

function show(name: string, values: PoolValues): string {
  const value = values.get(name) ?? "none";
  return name === "query_wait_timeout" ? formatMilliseconds(Number(value) * 1000) : value;
}
