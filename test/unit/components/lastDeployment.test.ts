import { describe, expect, test } from "vitest";
import { certificatesIn, tenantsIn } from "../../../components/readLastDeployment.ts";
import { parseStackState } from "../../../components/stackState.ts";

const component = "pgtenants:index:TenantDatabase";
const urn = (id: string) => `urn:pulumi:dev::pgtenants::${component}::${id}`;
const acme = {
  urn: urn("acme"),
  type: component,
  outputs: { address: "198.18.7.7", state: "running", memoryMiB: 256, maxConnections: 40, diskMiB: 10_240 },
};
const child = (type: string, part: string, inputs: object) => ({
  urn: `${urn("acme")}-${part}`,
  type,
  parent: urn("acme"),
  inputs,
});
const volume = child("docker:index/volume:Volume", "data", { name: "pgtenants-dev.acme" });
const password = child("random:index/randomPassword:RandomPassword", "password", { keepers: { version: "3" } });
const repository = child("docker:index/volume:Volume", "backups", { name: "pgtenants-dev.acme_backups" });
const key = child("random:index/randomPassword:RandomPassword", "backup-key", {});
const exported = (...resources: object[]) => JSON.stringify({ version: 3, deployment: { manifest: {}, resources } });
const read = (...resources: object[]) => tenantsIn(parseStackState(exported(...resources)).resources);

describe("what the state says of a tenant", () => {
  test("address, state and limits as its component recorded them, volume and password version as they are", () => {
    const login = child("random:index/randomPassword:RandomPassword", "reporting-login", { keepers: { version: "2" } });
    const declared = { databases: [], roles: [], settings: { reload: {}, restart: {} } };
    const lookedAt = { owner: "acme", database: "acme", access: { login: true } };
    const step = child("command:local:Command", "sql", {
      environment: {
        DECLARED: JSON.stringify(declared),
        LOOKED_AT: JSON.stringify(lookedAt),
        REPAIR: "0123456789abcdef",
      },
    });
    expect(read(acme, repository, key, volume, login, password, step)).toEqual(
      new Map([
        [
          "acme",
          {
            address: "198.18.7.7",
            state: "running",
            volume: "pgtenants-dev.acme",
            repository: "pgtenants-dev.acme_backups",
            passwordVersion: 3,
            until: undefined,
            entry: undefined,
            declared,
            lookedAt,
            dropped: [],
            repair: "0123456789abcdef",
            rolePasswords: new Map([["reporting", 2]]),
            limits: { memoryMiB: 256, maxConnections: 40, diskMiB: 10_240 },
          },
        ],
      ]),
    );
  });

  test("the end of one that goes by itself, and the entry of one that is in no file", () => {
    const until = "2026-11-29T12:00:00.000Z";
    const entry = { id: "acme", ephemeral: { expires: "7 days" } };
    expect(read({ ...acme, outputs: { ...acme.outputs, until, entry } }).get("acme")).toMatchObject({ until, entry });
    expect(read({ ...acme, outputs: { entry: "acme" } }).get("acme")?.entry).toBeUndefined();
  });

  test("whether it is an instance, by what holds everybody on it", () => {
    const sharedTenants = (id: string) => ({
      urn: `urn:pulumi:dev::pgtenants::pgtenants:index:SharedTenants::${id}-tenants`,
      type: "pgtenants:index:SharedTenants",
    });
    expect(read(acme, sharedTenants("acme")).get("acme")).toMatchObject({ instance: true });
    expect(read(acme, sharedTenants("globex")).get("acme")).not.toHaveProperty("instance");
  });

  test("what an interrupted deployment did not get to is not known", () => {
    const { outputs: _, ...begun } = acme;
    expect(read(begun).get("acme")).toMatchObject({
      address: undefined,
      volume: undefined,
      passwordVersion: undefined,
    });
  });

  test("what is only waiting to be deleted is not there", () => {
    expect(read({ ...acme, delete: true }).size).toBe(0);
    const old = child("random:index/randomPassword:RandomPassword", "password", { keepers: { version: "2" } });
    expect(read(acme, { ...old, delete: true }, password).get("acme")?.passwordVersion).toBe(3);
  });

  test("a new stack has no tenants", () => {
    expect(parseStackState('{"version":3,"deployment":{"manifest":{}}}')).toEqual({ resources: [], pending: [] });
  });

  test.each([
    ["null", /expected object, received null/],
    ["{}", /expected object, received undefined → at deployment/],
    ['{"deployment":{"resources":[{"urn":7}]}}', /expected string, received number → at deployment.resources\[0\].urn/],
    ["no JSON", /is not valid JSON/],
  ])("%s is refused, with the place", (json, reason) => {
    expect(() => parseStackState(json)).toThrow("the stack's state cannot be read: pulumi stack export printed");
    expect(() => parseStackState(json)).toThrow(reason);
  });
});

test("the certificates that are served are those that router and tenants were given", () => {
  const step = (environment: object) => child("command:local:Command", "certificate", { environment });
  const steps = [
    step({ FILE: "certificates/0123456789abcdef.pem" }),
    step({ FILE: "routes/dynamic.yml" }),
    step({ FINGERPRINT: "fedcba9876543210" }),
    step({ PORT: "5432" }),
    child("docker:index/volume:Volume", "data", {}),
  ];
  const { resources } = parseStackState(exported(...steps));
  expect(certificatesIn(resources)).toEqual(new Set(["0123456789abcdef", "fedcba9876543210"]));
});
