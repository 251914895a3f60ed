import { expect, test } from "vitest";
import { digestOf } from "../../cli/pgt/drift/compareFiles.ts";
import { comparePools } from "../../cli/pgt/drift/comparePools.ts";
import { compareRoles } from "../../cli/pgt/drift/compareRoles.ts";
import { readDeployed } from "../../cli/pgt/drift/deployed.ts";
import { dueTenants } from "../../cli/pgt/drift/due.ts";
import { typeTokens } from "../../components/names.ts";
import { tenantsIn } from "../../components/readLastDeployment.ts";
import { resourceTypes } from "../../components/stackState.ts";
import type { PlacedTenant } from "../../components/tenantOutputs.ts";
import type { Pooler } from "../../tenants/tenant.ts";
import { deployedServer, role, seenServer } from "../support/drift.ts";
import { stateOf } from "../support/driftState.ts";
import { settings } from "../support/settings.ts";
import { tenant } from "../support/tenants.ts";

const sizes = { size: 20, reserve: 0, maxClients: 1000, maxClientsPerIp: 1000, queryWaitSeconds: 30 };
const pooler: Pooler = { mode: "transaction", ...sizes };
const acme: PlacedTenant = tenant({ pooler, poolerAddress: "198.18.8.8" });
const resources = await stateOf([acme]);

test("a connection pool's container and volume are its tenant's, with the step that sets its limit of processes", () => {
  const deployed = readDeployed(resources);
  expect(deployed.containers.filter(({ name }) => name.endsWith("_pooler"))).toMatchObject([
    {
      ...{ subject: "acme", id: "acme-pooler-id", name: "pgtenants-dev.acme_pooler", limitStep: "acme-pools" },
      options: { limits: { memoryMiB: 127, processes: 64 }, networks: { "pgtenants-dev": "198.18.8.8" } },
    },
  ]);
  expect(deployed.volumes).toContainEqual({ subject: "acme", name: "pgtenants-dev.acme_pooler", data: false });
  expect(deployed.withoutContainer).toEqual([]);
  expect(deployed.servers[0]?.container).toBe("pgtenants-dev.acme");
});

test("a connection pool is held against what its step was told", () => {
  const [pools, ...others] = readDeployed(resources).pools;
  expect(others).toEqual([]);
  expect(pools).toMatchObject({
    ...{ id: "acme", container: "pgtenants-dev.acme_pooler", shared: false },
    fix: "pulumi up --replace '**::acme-pools'",
  });
  expect([...(pools?.pools ?? [])]).toEqual([["tenant", expect.stringContaining("default_pool_size = 20\n")]]);
});

test("an instance's pools are those of everybody on it", async () => {
  const instance = await stateOf([tenant({ id: "shared-1", instance: true, poolerAddress: "198.18.8.9" })]);
  const [port, ini] = [20_001, "listen_port = 20001\n"];
  const urn = (type: string, name: string) => `urn:pulumi:dev::pgtenants::${type}::${name}`;
  const sharing = urn(typeTokens.sharedTenants, "shared-1-tenants");
  const step = {
    ...{ urn: urn(resourceTypes.command, "shared-1-tenants-pools"), type: resourceTypes.command, parent: sharing },
    inputs: { stdin: `globex ${Buffer.from(ini).toString("base64")}\nend\n`, environment: { PROCESSES: "1200" } },
  };
  const all = [...instance, { urn: sharing, type: typeTokens.sharedTenants }, step];
  const { pools } = readDeployed(all);
  expect(pools).toEqual([
    {
      ...{ id: "shared-1", container: "pgtenants-dev.shared-1_pooler", shared: true },
      pools: new Map([["globex", ini]]),
      fix: "pulumi up --replace '**::shared-1-tenants-pools'",
    },
  ]);
  const [deployed] = pools;
  if (deployed === undefined) throw new Error("no pools");
  const digest = new Map([["globex", digestOf(ini)]]);
  expect(comparePools(deployed, { written: digest, read: digest, ports: new Set([port]) })).toEqual([]);
});

test("a tenant whose own container is gone from the state lacks one, whatever its pool has", () => {
  const without = resources.filter(({ urn }) => !urn.endsWith("::acme-server"));
  expect(readDeployed(without).withoutContainer).toEqual(["acme"]);
});

test("an unchanged file has nothing due for it, and its addresses are those of the state", () => {
  const last = tenantsIn(resources);
  expect(last.get("acme")).toMatchObject({ address: "198.18.7.7", poolerAddress: "198.18.8.8", poolerMemoryMiB: 127 });
  expect(dueTenants([acme], readDeployed(resources), last, settings.domain)).toEqual([]);
});

test.each<[string, Partial<Pooler>]>([
  ["mode", { mode: "session" }],
  ["size", { size: 5 }],
  ["reserve", { reserve: 2 }],
  ["clients", { maxClients: 2000 }],
  ["wait", { queryWaitSeconds: 60 }],
  ["clients from one address", { maxClientsPerIp: 7 }],
])("a deployment is due for another %s of the pool", (_, differences) => {
  const edited = { ...acme, pooler: { ...pooler, ...differences } };
  expect(dueTenants([edited], readDeployed(resources), tenantsIn(resources), settings.domain)).toEqual(["acme"]);
});

test("the pool's role is known where there is a pool, and only as it was made", () => {
  const found = (pooled: boolean, password: "none" | "another") => {
    const seen = seenServer();
    const roles = [...seen.cluster.roles, role({ name: "pgtenants_pooler", login: true, password })];
    const deployed = deployedServer(pooled ? { pooler: true } : {});
    return compareRoles(deployed, { ...seen, cluster: { ...seen.cluster, roles } }).map(({ kind }) => kind);
  };
  expect(found(true, "none")).toEqual([]);
  expect(found(true, "another")).toEqual(["login-role"]);
  expect(found(false, "none")).toEqual(["login-role"]);
});
