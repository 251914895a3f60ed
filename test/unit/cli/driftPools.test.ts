import { describe, expect, test } from "vitest";
import { digestOf } from "../../../cli/pgt/drift/compareFiles.ts";
import { comparePools, type DeployedPools, lookAtPools, type SeenPools } from "../../../cli/pgt/drift/comparePools.ts";
import { parsePools } from "../../../cli/pgt/drift/readInside.ts";
import { type Pool, renderPgbouncerIni } from "../../../components/pgbouncerIni.ts";

const pool: Pool = {
  ...{ port: 5432, database: undefined, mode: "transaction", size: 20, reserve: 0, reserveSeconds: 3, maxClients: 50 },
  ...{ queryWaitSeconds: 30, serverIdleSeconds: 300, preparedStatements: 200, sessions: "a" },
};
const own = renderPgbouncerIni(pool);
const other = renderPgbouncerIni({ ...pool, size: 5 });
const [digest, otherDigest] = [own, other].map(digestOf) as [string, string];

const fix = "pulumi up --replace '**::shared-1-tenants-pools'";
const deployed: DeployedPools = {
  ...{ id: "shared-1", container: "pgtenants-dev.shared-1_pooler", shared: true, fix },
  pools: new Map([["acme", own]]),
};

/** What is in a container, as `docker exec` prints it: settings to begin with, settings that were read, who listens. */
function seen(
  written: Readonly<Record<string, string>>,
  read: Readonly<Record<string, string>>,
  ports: readonly string[],
): SeenPools {
  const lines = [
    ...Object.entries(written).map(([name, value]) => `${value}  ./${name}.ini`),
    ...Object.entries(read).map(([name, value]) => `${value}  ./${name}/applied.ini`),
    ...ports.map(
      (port, at) => `   ${at}: 00000000:${port} 00000000:0000 0A 00000000:00000000 00:00000000 00000000   998`,
    ),
    // Somebody who is connected, at another port.
    "   9: 0A0A0A0A:1A0A 0A0A0A0A:0A0A 01 00000000:00000000 00:00000000 00000000   998        0 0A",
  ];
  return parsePools(lines.join("\n"));
}

const found = (now: SeenPools, differences: Partial<DeployedPools> = {}) =>
  comparePools({ ...deployed, ...differences }, now).map((drift) => [drift.kind, drift.found, drift.fix]);

test("nothing of pools that are as they were deployed, each listening at its port", () => {
  expect(found(seen({ acme: digest }, { acme: digest }, ["1538"]))).toEqual([]);
});

test.each<[string, SeenPools, readonly [string, string, string]]>([
  ["is gone", seen({}, {}, []), ["pool-missing", "acme: none", fix]],
  ["was never started", seen({ acme: digest }, {}, []), ["pool-missing", "acme: none", fix]],
  [
    "was told to stay down",
    seen({ acme: digest }, { acme: digest }, ["1A0A"]),
    [
      "pool-missing",
      "acme: nothing listens at port 5432",
      "docker exec pgtenants-dev.shared-1_pooler s6-svc -u /run/pooler/services/acme; then docker logs --tail=20 pgtenants-dev.shared-1_pooler",
    ],
  ],
  [
    "has read others",
    seen({ acme: digest }, { acme: otherDigest }, ["1538"]),
    ["pool-changed", "acme: other settings", fix],
  ],
  [
    "would read others",
    seen({ acme: otherDigest }, { acme: digest }, ["1538"]),
    ["pool-changed", "acme: other settings", fix],
  ],
  ["would be gone", seen({}, { acme: digest }, ["1538"]), ["pool-changed", "acme: no settings", fix]],
])("a pool that %s", (_, now, expected) => {
  expect(found(now)).toEqual([expected]);
});

test("a pool that nobody deployed, once", () => {
  const pools = { acme: digest, evil: otherDigest };
  expect(found(seen(pools, pools, ["1538", "1539"]))).toEqual([["pool-unknown", "evil", fix]]);
});

test("a tenant's only pool is told without its name", () => {
  expect(found(seen({}, {}, []), { id: "acme", shared: false })).toEqual([["pool-missing", "none", fix]]);
});

describe("pools that are missing are looked for again while more of them come", () => {
  const three = { ...deployed, pools: new Map(["acme", "globex", "hooli"].map((name) => [name, own] as const)) };
  const withRead = (...names: readonly string[]) => {
    const all = Object.fromEntries([...three.pools.keys()].map((name) => [name, digest]));
    return seen(all, Object.fromEntries(names.map((name) => [name, digest])), ["1538"]);
  };
  const looking = async (looks: readonly SeenPools[]) => {
    const [left, waits] = [[...looks], [] as number[]];
    const read = async () => left.shift() ?? expect.fail("one look more than there are");
    const drift = await lookAtPools(three, read, async () => waits.push(left.length));
    return { found: drift.map(({ kind, found: what }) => [kind, what]), waits: waits.length, left: left.length };
  };

  test("in a container that has just started, until all are there", async () => {
    const looks = [withRead(), withRead("acme"), withRead("acme", "globex", "hooli")];
    expect(await looking(looks)).toEqual({ found: [], waits: 2, left: 0 });
  });

  test("and no longer than that: what does not come is missing", async () => {
    const looks = [withRead("acme"), withRead("acme", "hooli"), withRead("acme", "hooli")];
    expect(await looking(looks)).toEqual({ found: [["pool-missing", "globex: none"]], waits: 2, left: 0 });
  });

  test("where all are there, once", async () => {
    expect(await looking([withRead("acme", "globex", "hooli")])).toEqual({ found: [], waits: 0, left: 0 });
  });
});
