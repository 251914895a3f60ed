import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { scramVerifier } from "../../components/scramVerifier.ts";
import { TenantDatabase } from "../../components/tenantDatabase.ts";
import { canary, type Registered, registeredBy, strictMocks } from "../support/mocks.ts";
import { settings } from "../support/settings.ts";
import { tenant } from "../support/tenants.ts";

const acme = tenant();
const bridge = "pgtenants-dev";
const state = "0123456789abcdef";
const component = "pgtenants:index:TenantDatabase";

function register(preview = false): Promise<Registered[]> {
  return registeredBy(() => new TenantDatabase(acme.id, { tenant: acme, settings, bridge, state }), preview);
}

describe.each([
  ["at an update", false],
  ["at a preview, with unknowns", true],
])("TenantDatabase %s", (_, preview) => {
  test("makes exactly these resources, each under the component", async () => {
    const resources = await register(preview);
    expect(resources.map(({ type, name }) => `${name} ${type}`)).toEqual([
      `acme ${component}`,
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
      const { connectionStrings } = new TenantDatabase(acme.id, { tenant: acme, settings, bridge, state });
      isSecret = pulumi.isSecret(connectionStrings);
      uri = new Promise((resolve) => connectionStrings.apply((strings) => resolve(strings.uri)));
    });
    expect(await isSecret).toBe(true);
    expect(await uri).toBe(`postgresql://acme:${canary}@acme.db.example.com:5432/acme?sslmode=verify-full`);
  });
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
