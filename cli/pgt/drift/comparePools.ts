import { digestOf } from "./compareFiles.ts";
import type { Drift } from "./drift.ts";
import { byDocker } from "./fixes.ts";

/** The connection pools of a server: a tenant's own one, or those of an instance's tenants. */
export interface DeployedPools {
  /** Of the tenant or the instance. */
  readonly id: string;
  readonly container: string;
  /** Each pool's configuration by the pool's name: by a tenant's first id, on an instance. */
  readonly pools: ReadonlyMap<string, string>;
  /** Whether they are those of an instance. */
  readonly shared: boolean;
  /** What makes all of them what they were deployed as. */
  readonly fix: string;
}

/** What is in a pools' container. */
export interface SeenPools {
  /** The SHA-256 of each pool's configuration, by name: of the one that it begins with, and of the one that it has read. */
  readonly written: ReadonlyMap<string, string>;
  readonly read: ReadonlyMap<string, string>;
  /** The ports that somebody listens at. */
  readonly ports: ReadonlySet<number>;
}

/** Connection pools held against those that were deployed. What an administrator's console changed is not seen. Pure. */
export function comparePools(deployed: DeployedPools, seen: SeenPools): Drift[] {
  const { id, pools, fix } = deployed;
  const foreign = new Set([...seen.written.keys(), ...seen.read.keys()].filter((name) => !pools.has(name)));
  return [
    ...[...pools].flatMap(([name, configuration]) => comparePool(deployed, name, configuration, seen)),
    ...[...foreign]
      .sort()
      .map((name): Drift => ({ subject: id, kind: "pool-unknown", found: name, expected: "none", fix })),
  ];
}

/**
 * Looks at a server's pools, and again for as long as more of them come: right after their container has started they are made one after the other,
 * a tenth of a second each. @param wait for as long as one that is on its way may take to come.
 */
export async function lookAtPools(
  deployed: DeployedPools,
  read: () => Promise<SeenPools>,
  wait: () => Promise<unknown>,
): Promise<Drift[]> {
  const look = async (before: number): Promise<Drift[]> => {
    const found = comparePools(deployed, await read());
    const missing = found.filter(({ kind }) => kind === "pool-missing").length;
    if (missing === 0 || missing >= before) return found;
    await wait();
    return look(missing);
  };
  return look(Number.POSITIVE_INFINITY);
}

function comparePool(
  { id, container, shared, fix }: DeployedPools,
  name: string,
  configuration: string,
  seen: SeenPools,
): Drift[] {
  const [digest, written, read] = [digestOf(configuration), seen.written.get(name), seen.read.get(name)];
  const port = Number(/^listen_port = (\d+)$/m.exec(configuration)?.[1]);
  const whose = shared ? `${name}: ` : "";
  if (read === undefined)
    return [{ subject: id, kind: "pool-missing", found: `${whose}none`, expected: `a pool at port ${port}`, fix }];
  if (written !== digest || read !== digest) {
    const found = `${whose}${written === undefined ? "no settings" : "other settings"}`;
    return [{ subject: id, kind: "pool-changed", found, expected: "as it was deployed", fix }];
  }
  if (seen.ports.has(port)) return [];
  const found = `${whose}nothing listens at port ${port}`;
  // It was told to stay down, or cannot begin: the step leaves alone what has read what it is to read.
  const up = byDocker("exec", container, "s6-svc", "-u", `/run/pooler/services/${name}`);
  const why = byDocker("logs", "--tail=20", container);
  return [{ subject: id, kind: "pool-missing", found, expected: "a pool", fix: `${up}; then ${why}` }];
}
