import type * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import type { TenantConnections } from "../../components/tenantConnections.ts";
import { TenantDatabase } from "../../components/tenantDatabase.ts";
import type { PlacedTenant } from "../../components/tenantOutputs.ts";
import type { Pooler } from "../../tenants/tenant.ts";
import { declaredRole, declaring } from "../support/declared.ts";
import { canary, type Registered, registeredBy } from "../support/mocks.ts";
import { databaseArgs, lastTenant, tenant } from "../support/tenants.ts";

const component = "pgtenants:index:TenantDatabase";
const pooler: Pooler = {
  ...{ mode: "transaction", size: 20, reserve: 0, maxClients: 1000, maxClientsPerIp: 1000, queryWaitSeconds: 30 },
};
const pooled = (differences: Partial<PlacedTenant> = {}) =>
  tenant({ pooler, poolerAddress: "198.18.8.8", ...differences });

function register(differences: Partial<PlacedTenant> = {}, preview = false): Promise<Registered[]> {
  return registeredBy(() => new TenantDatabase("acme", databaseArgs(pooled(differences))), preview);
}

const named = (resources: readonly Registered[], name: string) => resources.find((resource) => resource.name === name);

/** The ini that the step hands over. */
function iniIn(resources: readonly Registered[]): string {
  const [, encoded = ""] = /^tenant (\S+)\nend\n$/.exec(String(named(resources, "acme-pools")?.plain["stdin"])) ?? [];
  return Buffer.from(encoded, "base64").toString();
}

describe.each([
  ["at an update", false],
  ["at a preview, with unknowns", true],
])("a tenant with a connection pool %s", (_, preview) => {
  test("has exactly these resources", async () => {
    const resources = await register({}, preview);
    expect(resources.map(({ type, name }) => `${name} ${type}`)).toEqual([
      `acme ${component}`,
      `acme-backup-key ${component}$random:index/randomPassword:RandomPassword`,
      `acme-backups ${component}$docker:index/volume:Volume`,
      `acme-data ${component}$docker:index/volume:Volume`,
      `acme-password ${component}$random:index/randomPassword:RandomPassword`,
      `acme-pool-login ${component}$command:local:Command`,
      `acme-pooler ${component}$docker:index/container:Container`,
      `acme-pooler-files ${component}$docker:index/volume:Volume`,
      `acme-pools ${component}$command:local:Command`,
      `acme-server ${component}$docker:index/container:Container`,
      `acme-sql ${component}$command:local:Command`,
    ]);
  });

  test("has no secret in what is its pool's but the login that tries it", async () => {
    const resources = await register({}, preview);
    expect(named(resources, "acme-pool-login")?.secrets).toEqual(["stdin"]);
    expect(JSON.stringify(resources.map(({ plain }) => plain))).not.toContain(Buffer.from(canary).toString("base64"));
    for (const name of ["acme-pooler", "acme-pooler-files", "acme-pools"]) {
      expect(named(resources, name)?.secrets).toEqual([]);
      expect(JSON.stringify(named(resources, name)?.plain)).not.toContain(canary);
    }
  });
});

describe("a tenant's connection pool", () => {
  test("is asked for by exactly these inputs", async () => {
    const resources = await register();
    const inputs = ["acme-pool-login", "acme-pooler", "acme-pooler-files", "acme-pools"].map((name) => [
      name,
      named(resources, name)?.plain,
    ]);
    const text = `${JSON.stringify(Object.fromEntries(inputs), null, 2)}\n`;
    await expect(text).toMatchFileSnapshot("../golden/tenantPooler.json");
  });

  test("shares one volume with the server, which lets it ask for verifiers", async () => {
    const resources = await register();
    const mount = { type: "volume", source: "pgtenants-dev.acme_pooler", target: "/var/lib/pooler" };
    expect(named(resources, "acme-server")?.plain["mounts"]).toContainEqual(mount);
    expect(named(resources, "acme-pooler")?.plain["mounts"]).toEqual([mount]);
  });

  test.each(["stopped", "removed"] as const)("is not there for a %s tenant", async (state) => {
    const names = (await register({ state })).map(({ name }) => name);
    expect(names).toEqual(["acme", "acme-backup-key", "acme-backups", "acme-data", "acme-password"]);
  });

  test("is not tried where nobody may log in", async () => {
    const resources = await register({ access: { enabled: false, allow: [], maxConnectionsPerIp: 40 } });
    expect(named(resources, "acme-pools")).toBeDefined();
    expect(named(resources, "acme-pool-login")).toBeUndefined();
  });

  test("of a renamed tenant has another container, and the volume of the first id", async () => {
    const resources = await register({ id: "acme-corp", origin: "acme", formerIds: ["acme"] });
    expect(named(resources, "acme-pooler")?.plain["name"]).toBe("pgtenants-dev.acme-corp_pooler");
    expect(named(resources, "acme-pooler-files")?.plain["name"]).toBe("pgtenants-dev.acme_pooler");
  });

  test.each<[string, Partial<PlacedTenant>, boolean]>([
    ["other networks", { access: { enabled: true, allow: ["203.0.113.0/24"], maxConnectionsPerIp: 40 } }, true],
    ["no access", { access: { enabled: false, allow: [], maxConnectionsPerIp: 40 } }, true],
    ["another database", { database: "orders" }, true],
    [
      "another number of connections from one address",
      { access: { enabled: true, allow: [], maxConnectionsPerIp: 7 } },
      false,
    ],
    ["more memory", { memoryMiB: 512 }, false],
    ["another size", { pooler: { ...pooler, size: 5 } }, false],
  ])("lets its sessions go where it must: %s", async (_, differences, ends) => {
    const sessions = (ini: string) => ini.split("\n", 1)[0];
    const [before, after] = [await register(), await register(differences)].map(iniIn).map(sessions);
    expect(before !== after).toBe(ends);
  });

  test.each([
    ["of a new tenant does not wait for the routes", undefined, 0],
    ["of any other comes after the routes: its sessions end when they cannot come back", lastTenant(), 1],
  ])("%s", async (_, last, waitsFor) => {
    let dependencies: unknown;
    await registeredBy(() => {
      const transform = ({ name, opts }: pulumi.ResourceTransformationArgs) => {
        if (name === "acme-pools") dependencies = opts.dependsOn;
        return undefined;
      };
      new TenantDatabase("acme", databaseArgs(pooled(), last), { transformations: [transform] });
    });
    expect(dependencies).toHaveLength(waitsFor);
  });

  test("is told of the declared roles that may have fewer connections than it would open", async () => {
    const roles = [
      declaredRole({ connectionLimit: 5 }),
      declaredRole({ name: "loader", connectionLimit: 20 }),
      declaredRole({ name: "team", login: false, connectionLimit: 5 }),
    ];
    const ini = iniIn(await register({ declared: declaring({ roles }) }));
    expect(ini.split("[users]\n")[1]).toBe("reporting = max_user_connections=5\n");
  });

  test("has connection strings of its own beside the tenant's, with the same login", async () => {
    const strings = await new Promise<TenantConnections>((resolve) => {
      void registeredBy(() => {
        const { connectionStrings } = new TenantDatabase("acme", databaseArgs(pooled({ tls: "passthrough" })));
        (connectionStrings as pulumi.Output<TenantConnections>).apply(resolve);
      });
    });
    expect(strings.psql).toContain("channel_binding=require");
    expect(strings.pooled?.uri).toBe(
      `postgresql://acme:${canary}@acme-pooler.db.example.com:5432/acme?sslmode=verify-full`,
    );
    expect(strings.pooled?.psql).not.toContain("channel_binding");
    expect(strings.pooled?.pgService).toContain("[acme-pooler]");
  });
});
