import { describe, expect, test } from "vitest";
import { rotatedPasswords, unprotectedState } from "../../../cli/protection.ts";
import { parseStackState } from "../../../components/stackState.ts";

const tenantType = "pgtenants:index:TenantDatabase";
const routerType = "pgtenants:index:Traefik";
const volumeType = "docker:index/volume:Volume";
const passwordType = "random:index/randomPassword:RandomPassword";

/** A resource as `pulumi stack export` gives it: without `protect` where it is off. */
function resource(type: string, name: string, parentType: string, parent: string, protect?: boolean) {
  return {
    type,
    urn: `urn:pulumi:dev::pgtenants::${parentType}$${type}::${name}`,
    parent: `urn:pulumi:dev::pgtenants::${parentType}::${parent}`,
    ...(protect === undefined ? {} : { protect }),
  };
}

const stateful = (id: string, protect?: boolean) => [
  resource(volumeType, `${id}-data`, tenantType, id, protect),
  resource(passwordType, `${id}-password`, tenantType, id, protect),
];

const others = [
  { type: "pulumi:pulumi:Stack", urn: "urn:pulumi:dev::pgtenants::pulumi:pulumi:Stack::pgtenants-dev" },
  { type: tenantType, urn: `urn:pulumi:dev::pgtenants::${tenantType}::acme` },
  resource("docker:index/container:Container", "acme-server", tenantType, "acme"),
  resource(volumeType, "traefik-files", routerType, "traefik"),
];

const exported = (resources: unknown) => JSON.stringify({ version: 3, deployment: { manifest: {}, resources } });
const unprotected = (json: string) => unprotectedState(parseStackState(json));

describe("unprotectedState", () => {
  test("nothing where every tenant's volume and password is protected; what is made anew needs no protection", () => {
    expect(unprotected(exported([...others, ...stateful("acme", true), ...stateful("globex", true)]))).toEqual([]);
  });

  test.each([[undefined], [false]])("protect %s is unprotected, and named", (protect) => {
    const resources = [
      ...others,
      ...stateful("hooli", true),
      ...stateful("globex", protect),
      ...stateful("acme", protect),
    ];
    expect(unprotected(exported(resources))).toEqual(["acme-data", "acme-password", "globex-data", "globex-password"]);
  });

  test("one of the two is enough", () => {
    const [volume, password] = [stateful("acme", true)[0], stateful("acme", false)[1]];
    expect(unprotected(exported([volume, password]))).toEqual(["acme-password"]);
  });

  test("a removed tenant's volume is kept all the same, and its password made anew", () => {
    const removed = { ...others[1], outputs: { state: "removed" } };
    const [volume, password] = stateful("acme", false);
    expect(unprotected(exported([removed, { ...volume, retainOnDelete: true }, password]))).toEqual([]);
    expect(unprotected(exported([removed, volume, password]))).toEqual(["acme-data"]);
    expect(unprotected(exported([...others, { ...volume, retainOnDelete: true }, password]))).toEqual([
      "acme-password",
    ]);
  });

  test("a tenant that goes by itself has an end anyhow", () => {
    const trial = { ...others[1], outputs: { state: "running", until: "2026-11-29T12:00:00.000Z" } };
    expect(unprotected(exported([trial, ...stateful("acme", false)]))).toEqual([]);
  });

  test.each([
    ["target", []],
    ["discarded", []],
    ["source", ["acme-data", "acme-password"]],
  ])("a tenant's second place is a copy, or holds its data of before: %s", (standby, expected) => {
    const second = { ...others[1], outputs: { state: "running", standby } };
    expect(unprotected(exported([second, ...stateful("acme", false)]))).toEqual(expected);
  });

  test("the volume of a connection pool is made anew", () => {
    const [volume] = stateful("acme", false);
    const pool = { ...volume, urn: volume?.urn.replace("acme-data", "acme-pooler-files") };
    expect(unprotected(exported([...others, pool, ...stateful("acme", true)]))).toEqual([]);
  });

  test("a tenant in a component of its user's own is a tenant", () => {
    const volume = resource(volumeType, "acme-data", `my:index:Cluster$${tenantType}`, "acme");
    expect(unprotected(exported([volume]))).toEqual(["acme-data"]);
  });

  test("a stack that was never deployed has nothing to protect", () => {
    expect(unprotected('{"version":3,"deployment":{"manifest":{}}}')).toEqual([]);
  });

  test.each([
    "{}",
    '{"deployment":null}',
    '{"deployment":{"resources":{}}}',
    exported([{ type: volumeType }]),
    "no JSON",
  ])("a state of another form is never taken for a safe one: %s", (json) => {
    expect(() => unprotected(json)).toThrow();
  });
});

describe("rotatedPasswords", () => {
  const rotated = (...resources: readonly object[]) => rotatedPasswords(parseStackState(exported(resources)));
  const [volume, password] = stateful("acme", true);
  const [openVolume, openPassword] = stateful("acme", false);
  const urn = openPassword?.urn;

  test("are the unprotected ones of tenants whose volume is protected", () => {
    expect(rotated(...others, { ...volume }, { ...openPassword }, ...stateful("globex", true))).toEqual([urn]);
    expect(rotated({ ...openPassword }, { ...volume })).toEqual([urn]);
  });

  test.each([
    ["are none where both are protected", [volume, password]],
    ["are none where the settings, or a removal, take the protection off both", [openVolume, openPassword]],
    ["are not volumes", [openVolume, password]],
    ["are none of tenants without a volume of their own", [openPassword, ...stateful("globex", true)]],
    [
      "are none of other components",
      [resource(volumeType, "x", routerType, "traefik", true), resource(passwordType, "y", routerType, "traefik")],
    ],
  ])("%s", (_, resources) => {
    expect(rotated(...others, ...resources.map((one) => ({ ...one })))).toEqual([]);
  });
});

describe("a declared role's password", () => {
  const declared = {
    databases: [],
    roles: [{ name: "reporting", login: true }],
    settings: { reload: {}, restart: {} },
  };
  const step = {
    ...resource("command:local:Command", "acme-sql", tenantType, "acme"),
    inputs: { environment: { DECLARED: JSON.stringify(declared) } },
  };
  const login = (role: string) => resource(passwordType, `acme-${role}-login`, tenantType, "acme", false);
  const [volume, password] = stateful("acme", true);
  const state = exported([...others, step, volume, password, login("reporting"), login("former")]);

  test("counts while its role has an entry: one without is let go of, and could not be if it were protected again", () => {
    expect(unprotectedState(parseStackState(state))).toEqual(["acme-reporting-login"]);
    expect(rotatedPasswords(parseStackState(state))).toEqual([login("reporting").urn]);
  });
});
