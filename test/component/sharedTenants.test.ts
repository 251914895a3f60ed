import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { sharedPassword } from "../../components/sharedPassword.ts";
import { placePorts } from "../../components/sharedPorts.ts";
import type { SharedTenant } from "../../components/sharedTenant.ts";
import { shareInstances } from "../../components/shareInstances.ts";
import { TenantDatabase } from "../../components/tenantDatabase.ts";
import { parseList } from "../../tenants/load.ts";
import { canary, type Registered, registeredBy, routesResource } from "../support/mocks.ts";
import { settings } from "../support/settings.ts";
import { databaseArgs, tenant } from "../support/tenants.ts";

const listed = parseList(
  `instances: [{ id: shared-1 }]
tenants:
  - { id: acme, isolation: database, instance: shared-1 }
  - { id: globex, isolation: schema, instance: shared-1, state: stopped }`,
  "f",
).shared;
const shared = placePorts(listed, new Map());
const server = "pgtenants:index:TenantDatabase";
const sharing = "pgtenants:index:SharedTenants";

function register(state: "running" | "stopped", seen: (tenants: readonly SharedTenant[]) => void = () => undefined) {
  return registeredBy(() => {
    const instance = tenant({ id: "shared-1", instance: true, state, poolerAddress: "198.18.0.9", access: noAccess });
    const database = new TenantDatabase("shared-1", databaseArgs(instance));
    const databases = new Map([["shared-1", database]]);
    const routes = routesResource();
    seen(shareInstances({ placed: [instance], shared, databases, settings, routes }));
  });
}

const noAccess = { enabled: false, allow: [], maxConnectionsPerIp: 40 };
const names = (resources: readonly Registered[]) => resources.map(({ type, name }) => `${name} ${type}`);

describe("an instance", () => {
  test("has its server, its pools, and a component with facts alone for each tenant", async () => {
    expect(names(await register("running"))).toEqual([
      "acme pgtenants:index:SharedTenant",
      "globex pgtenants:index:SharedTenant",
      `shared-1 ${server}`,
      `shared-1-backup-key ${server}$random:index/randomPassword:RandomPassword`,
      `shared-1-backups ${server}$docker:index/volume:Volume`,
      `shared-1-data ${server}$docker:index/volume:Volume`,
      `shared-1-password ${server}$random:index/randomPassword:RandomPassword`,
      `shared-1-pooler ${server}$docker:index/container:Container`,
      `shared-1-pooler-files ${server}$docker:index/volume:Volume`,
      `shared-1-server ${server}$docker:index/container:Container`,
      `shared-1-sql ${server}$command:local:Command`,
      `shared-1-tenants ${sharing}`,
      `shared-1-tenants-key ${sharing}$random:index/randomPassword:RandomPassword`,
      `shared-1-tenants-pools ${sharing}$command:local:Command`,
      `shared-1-tenants-sql ${sharing}$command:local:Command`,
    ]);
  });

  test("that is stopped keeps what holds data, and runs nothing", async () => {
    const resources = await register("stopped");
    const made = resources.map(({ name }) => name).filter((name) => /-(server|pooler|pools|sql)$/.test(name));
    expect(made).toEqual([]);
    expect(resources.map(({ name }) => name)).toContain("shared-1-tenants-key");
  });

  test("tells secrets to its step alone, and that by standard input", async () => {
    const resources = await register("running");
    expect(JSON.stringify(resources.map(({ plain }) => plain))).not.toContain(canary);
    const step = resources.find(({ name }) => name === "shared-1-tenants-sql");
    expect(step?.secrets).toEqual(["stdin"]);
    expect(step?.plain["environment"]).toMatchObject({ TENANTS: "acme maxConnections=40\nglobex maxConnections=40" });
  });
});

test("a tenant's connection strings are a secret, with the password that its instance's key gives", async () => {
  let secret: Promise<boolean> | undefined;
  let password: Promise<string> | undefined;
  await register("running", ([acme]) => {
    if (acme === undefined) throw new Error("no tenant");
    secret = pulumi.isSecret(acme.connectionStrings);
    password = new Promise((resolve) => acme.connectionStrings.apply(({ uri }) => resolve(new URL(uri).password)));
  });
  expect(await secret).toBe(true);
  expect(await password).toBe(sharedPassword(canary, "acme", 1));
});
