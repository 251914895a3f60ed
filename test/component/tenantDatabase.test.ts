import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { scramVerifier } from "../../components/scramVerifier.ts";
import { TenantDatabase } from "../../components/tenantDatabase.ts";
import type { PlacedTenant } from "../../components/tenantOutputs.ts";
import { canary, type Registered, registeredBy, strictMocks } from "../support/mocks.ts";
import { settings } from "../support/settings.ts";
import { databaseArgs, lastTenant, tenant } from "../support/tenants.ts";

const acme = tenant();
const component = "pgtenants:index:TenantDatabase";

function register(preview = false, differences: Partial<PlacedTenant> = {}): Promise<Registered[]> {
  return registeredBy(() => new TenantDatabase("acme", databaseArgs(tenant(differences))), preview);
}

const namesOf = (resources: readonly Registered[]) => resources.map(({ name }) => name);

describe.each([
  ["at an update", false],
  ["at a preview, with unknowns", true],
])("TenantDatabase %s", (_, preview) => {
  test("makes exactly these resources, each under the component", async () => {
    const resources = await register(preview);
    expect(resources.map(({ type, name }) => `${name} ${type}`)).toEqual([
      `acme ${component}`,
      `acme-backup-key ${component}$random:index/randomPassword:RandomPassword`,
      `acme-backups ${component}$docker:index/volume:Volume`,
      `acme-data ${component}$docker:index/volume:Volume`,
      `acme-password ${component}$random:index/randomPassword:RandomPassword`,
      `acme-server ${component}$docker:index/container:Container`,
      `acme-sql ${component}$command:local:Command`,
    ]);
  });

  test("has no plain input with the password or what derives from it", async () => {
    const resources = await register(preview);
    const [, salt = "", keys = ""] = scramVerifier("acme.db.example.com", canary).split("$");
    const plain = JSON.stringify(resources.map((resource) => resource.plain));
    for (const secret of [canary, salt, keys]) expect(plain).not.toContain(secret);
    expect(resources.find(({ name }) => name === "acme-sql")?.secrets).toEqual(["stdin"]);
  });
});

describe("TenantDatabase", () => {
  test("asks for exactly these inputs", async () => {
    const resources = await register();
    const inputs = Object.fromEntries(resources.map(({ name, plain }) => [name, plain]));
    await expect(`${JSON.stringify(inputs, null, 2)}\n`).toMatchFileSnapshot("../golden/tenantDatabase.json");
  });

  test("hands out connection strings as a secret", async () => {
    let isSecret: Promise<boolean> | undefined;
    let uri: Promise<string> | undefined;
    await registeredBy(() => {
      const { connectionStrings } = new TenantDatabase("acme", databaseArgs(acme));
      isSecret = pulumi.isSecret(connectionStrings);
      uri = new Promise((resolve) => connectionStrings.apply((strings) => resolve(strings.uri)));
    });
    expect(await isSecret).toBe(true);
    expect(await uri).toBe(`postgresql://acme:${canary}@acme.db.example.com:5432/acme?sslmode=verify-full`);
  });
});

describe("a tenant's life", () => {
  test.each(["stopped", "removed"] as const)(
    "a %s tenant has nothing but its data, backups and secrets",
    async (state) => {
      const kept = ["acme", "acme-backup-key", "acme-backups", "acme-data", "acme-password"];
      expect(namesOf(await register(false, { state }))).toEqual(kept);
    },
  );

  test("one that begins with another's backups is filled before it starts; the key is secret", async () => {
    const from = { source: "acme", at: { type: "time", value: "2026-11-21 11:30:00.000+00" } } as const;
    const resources = await registeredBy(() => {
      const source = new TenantDatabase("acme", databaseArgs(acme));
      const args = { ...databaseArgs(tenant({ id: "copy", from })), sources: new Map([["acme", source]]) };
      new TenantDatabase("copy", args);
    }, false);
    const clone = resources.find(({ name }) => name === "copy-clone");
    expect(clone?.secrets).toEqual(["stdin"]);
    await expect(`${JSON.stringify(clone?.plain, null, 2)}\n`).toMatchFileSnapshot("../golden/tenantClone.json");
  });

  test.each([
    ["url", { kind: "url" }],
    ["path", { kind: "path", path: "./dumps/acme.dump" }],
  ] as const)(
    "one that begins with what a %s leads to is filled before it starts; the URL is secret",
    async (kind, importFrom) => {
      const url = `postgresql://app:${canary}@db.example.com/app`;
      const resources = await registeredBy(() => {
        const args = databaseArgs(tenant({ importFrom }));
        new TenantDatabase("acme", { ...args, settings: { ...settings, imports: new Map([["acme", url]]) } });
      }, false);
      const step = resources.find(({ name }) => name === "acme-import");
      expect(step?.secrets).toEqual(["stdin"]);
      const plain = `${JSON.stringify(step?.plain, null, 2)}\n`;
      expect(plain).not.toContain(canary);
      expect(plain).not.toContain("db.example.com");
      await expect(plain).toMatchFileSnapshot(`../golden/tenantImport.${kind}.json`);
    },
  );

  test("with TLS of its own it has a certificate, secret", async () => {
    const resources = await register(false, { tls: "passthrough" });
    expect(namesOf(resources)).toContain("acme-certificate");
    expect(resources.find(({ name }) => name === "acme-certificate")?.secrets).toEqual(["stdin"]);
  });

  test("renamed, its volume keeps name and labels of the first id", async () => {
    const volumeOf = async (differences: Partial<PlacedTenant>) =>
      (await register(false, differences)).find(({ name }) => name === "acme-data")?.plain;
    const renamed = { id: "acme-corp", origin: "acme", formerIds: ["acme"] };
    expect(await volumeOf(renamed)).toEqual(await volumeOf({}));
  });

  test("a volume that is taken over gets no label: it could not be changed", async () => {
    const resources = await register(false, { adoptedVolume: "other" });
    expect(resources.find(({ name }) => name === "acme-data")?.plain).toEqual({ name: "other" });
  });

  test("a custom password is used, and is nowhere in clear", async () => {
    const password = "correct horse battery";
    let uri: Promise<string> | undefined;
    const resources = await registeredBy(() => {
      const args = databaseArgs(tenant({ password: "custom" }));
      const passwords = new Map([["acme", password]]);
      const { connectionStrings } = new TenantDatabase("acme", { ...args, settings: { ...settings, passwords } });
      uri = new Promise((resolve) => connectionStrings.apply((strings) => resolve(strings.uri)));
    });
    expect(await uri).toContain("acme:correct%20horse%20battery@");
    expect(JSON.stringify(resources.map(({ plain }) => plain))).not.toContain(password);
  });

  test.each([
    ["kept", { state: "running" }, 1, true],
    ["rotated", { passwordVersion: 2 }, 1, false],
    ["kept after a rotation", { passwordVersion: 2 }, 2, true],
    ["let go of", { state: "removed" }, 1, false],
  ] as const)("a password that is %s", async (_, differences, passwordVersion, isProtected) => {
    const protections = new Map<string, boolean | undefined>();
    await registeredBy(() => {
      const args = databaseArgs(tenant(differences), lastTenant({ passwordVersion }));
      const transform = ({ name, opts }: pulumi.ResourceTransformationArgs) => {
        protections.set(name, opts.protect);
        return undefined;
      };
      new TenantDatabase("acme", args, { transformations: [transform] });
    });
    expect(protections.get("acme-password")).toBe(isProtected);
    expect(protections.get("acme-data")).toBe(
      differences !== undefined && !("state" in differences && differences.state === "removed"),
    );
  });
});

test.each([
  ["of a new tenant does not wait for the routes", undefined, 0],
  ["of any other comes after the routes: who may come in is decided first", lastTenant({}), 1],
])("the SQL step %s", async (_, last, waitsFor) => {
  let dependencies: unknown;
  await registeredBy(() => {
    const transform = ({ name, opts }: pulumi.ResourceTransformationArgs) => {
      if (name === "acme-sql") dependencies = opts.dependsOn;
      return undefined;
    };
    new TenantDatabase("acme", databaseArgs(tenant(), last), { transformations: [transform] });
  });
  expect(dependencies).toHaveLength(waitsFor);
});

test("a resource or a call that no test expects is an error, not silence", () => {
  const { newResource, call } = strictMocks(false, () => undefined);
  expect(() => newResource({ type: "random:index/randomPet:RandomPet", name: "surprise", inputs: {} })).toThrow(
    'no mock for a resource of type random:index/randomPet:RandomPet ("surprise")',
  );
  expect(() => call({ token: "docker:index/getNetwork:getNetwork", inputs: {} })).toThrow(
    "no mock for a call of docker:index/getNetwork:getNetwork",
  );
});
