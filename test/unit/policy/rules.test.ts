import { describe, expect, test } from "vitest";
import { renderDynamicConfig } from "../../../components/dynamicConfig.ts";
import { hardened, offsiteLimits, poolerLimits, routerLimits } from "../../../components/hardening.ts";
import { offsiteImageTag, poolerImageTag, postgresImageTag, traefikImageTag } from "../../../components/images.ts";
import { resourceTypes, typeTokens } from "../../../components/names.ts";
import { staticArguments } from "../../../components/staticConfig.ts";
import type { TenantFacts } from "../../../components/tenantFacts.ts";
import type { Resource } from "../../../policy/resource.ts";
import { rules } from "../../../policy/rules.ts";

/** What the rule of a name says of a resource. */
function violations(rule: string, resource: Resource, tenant?: TenantFacts): string[] {
  const found = rules.find(({ name }) => name === rule);
  if (found === undefined) throw new Error(`no rule ${rule}`);
  if (found.type !== resource.type) throw new Error(`${rule} is not for ${resource.type}`);
  return found.check(resource, tenant);
}

const server: Resource = {
  type: resourceTypes.container,
  parentType: typeTokens.tenantDatabase,
  name: "acme-server",
  protect: false,
  inputs: { ...hardened, networkMode: "bridge", memory: 256, image: postgresImageTag() },
};
const entryPoints = staticArguments({ listenAddress: "*", port: 5432, proxyProtocolFrom: ["203.0.113.0/24"] });
const router: Resource = {
  ...server,
  parentType: typeTokens.traefik,
  name: "traefik-router",
  inputs: { ...hardened, ...routerLimits, networkMode: "host", command: entryPoints, image: traefikImageTag() },
};
const copier: Resource = {
  ...server,
  parentType: typeTokens.offsite,
  name: "offsite-copier",
  inputs: { ...hardened, ...offsiteLimits, networkMode: "bridge", image: offsiteImageTag() },
};
const pooler: Resource = {
  ...server,
  name: "acme-pooler",
  inputs: { ...hardened, ...poolerLimits(1000), networkMode: "bridge", image: poolerImageTag() },
};
const withInputs = (resource: Resource, inputs: Record<string, unknown>): Resource => ({
  ...resource,
  inputs: { ...resource.inputs, ...inputs },
});

/** The tenant's component with what it says of itself. */
const component = (facts: TenantFacts): Resource => ({
  type: typeTokens.tenantDatabase,
  parentType: undefined,
  name: "acme",
  protect: false,
  inputs: { ...facts },
});

const production: TenantFacts = {
  tier: "production",
  allow: ["203.0.113.0/24", "2001:db8::/32"],
  backup: { enabled: true, full: "0 2 * * 0" },
  tls: "terminate",
};

const anyName = `registry.example.com:5000/postgres@sha256:${"0f".repeat(32)}`;

test("the program's own containers pass every rule", () => {
  for (const { name, type } of rules) {
    if (type !== resourceTypes.container) continue;
    for (const container of [server, router, copier, pooler]) expect(violations(name, container), name).toEqual([]);
  }
});

test.each<[rule: string, why: string, accepted: Resource, tenant?: TenantFacts]>([
  ["no-published-port", "empty lists", withInputs(server, { ports: [], publishAllPorts: false })],
  ["no-published-port", "no network at all", withInputs(server, { networkMode: "none" })],
  ["no-published-port", "the router's address", router],
  ["confined", "the option without a value", withInputs(server, { securityOpts: ["no-new-privileges"] })],
  [
    "confined",
    "other options beside it",
    withInputs(server, { securityOpts: ["apparmor=x", "no-new-privileges=true"] }),
  ],
  ["memory-limit", "a limit", withInputs(server, { memory: 64 })],
  ["pinned-image", "a digest", withInputs(server, { image: anyName })],
  ["pinned-image", "a digest with a tag", withInputs(server, { image: anyName.replace("@", ":18@") })],
  ["pinned-image", "an image's own id", withInputs(server, { image: `sha256:${"0f".repeat(32)}` })],
  ["pinned-image", "an image of set-up", withInputs(server, { image: offsiteImageTag() })],
  [
    "pinned-image-of-step",
    "a command without an image",
    { ...server, type: resourceTypes.command, inputs: { environment: { A: "b" } } },
  ],
  ["protected-volume", "a protected volume", { ...server, type: resourceTypes.volume, protect: true, inputs: {} }, {}],
  [
    "protected-volume",
    "a pool's volume, which holds no data",
    { ...server, type: resourceTypes.volume, name: "acme-pooler-files", inputs: {} },
    {},
  ],
  ["protected-volume", "the router's volume", { ...router, type: resourceTypes.volume, inputs: {} }],
  [
    "protected-volume",
    "a removed tenant's volume",
    { ...server, type: resourceTypes.volume },
    { unprotected: "removed" },
  ],
  [
    "protected-volume",
    "one of a throw-away stack",
    { ...server, type: resourceTypes.volume },
    { unprotected: "stack" },
  ],
  [
    "protected-backup-key",
    "a password that is replaced",
    { ...server, type: resourceTypes.password, name: "acme-password" },
    {},
  ],
  [
    "protected-volume",
    "one of a tenant that goes by itself",
    { ...server, type: resourceTypes.volume },
    { unprotected: "ephemeral" },
  ],
  ["production-protection", "a throw-away stack of tier standard", component({ unprotected: "stack" })],
  ["production-protection", "a production tenant that is protected", component(production)],
  ["production-certificate", "a production tenant whose TLS ends at the router", component(production)],
  ["production-certificate", "a certificate of its own", component({ ...production, tls: "own certificate" })],
  [
    "routes-tls",
    "another file of the router's",
    { ...router, type: resourceTypes.command, inputs: { environment: { FILE: "x" } } },
  ],
  ["production-allow-list", "some networks", component(production)],
  [
    "production-allow-list",
    "half of the addresses",
    component({ ...production, allow: ["0.0.0.0/1", "0.0.0.0/2", "::/1"] }),
  ],
  ["production-allow-list", "tier standard", component({})],
  ["production-backup", "a schedule", component(production)],
  ["production-backup", "tier standard", component({})],
])("%s accepts %s", (rule, _, accepted, tenant) => {
  expect(violations(rule, accepted, tenant)).toEqual([]);
});

test.each<[rule: string, got: string, refused: Resource, tenant?: TenantFacts]>([
  ["no-published-port", 'got ports: [{"internal":5432}]', withInputs(server, { ports: [{ internal: 5432 }] })],
  ["no-published-port", "got publishAllPorts: true", withInputs(server, { publishAllPorts: true })],
  ["no-published-port", 'got networkMode: "host"', withInputs(server, { networkMode: "host" })],
  [
    "no-published-port",
    "got the entry points postgres, web",
    withInputs(router, { command: [...entryPoints, "--entrypoints.web.address=:8080"] }),
  ],
  ["no-published-port", "got no entry point", withInputs(router, { command: [] })],
  ["confined", "got capabilities.drops: none", withInputs(server, { capabilities: undefined })],
  ["confined", 'got capabilities.drops: ["NET_RAW"]', withInputs(server, { capabilities: { drops: ["NET_RAW"] } })],
  [
    "confined",
    'got capabilities.adds: ["SYS_ADMIN"]',
    withInputs(server, { capabilities: { drops: ["ALL"], adds: ["SYS_ADMIN"] } }),
  ],
  ["confined", "got securityOpts: none", withInputs(server, { securityOpts: undefined })],
  [
    "confined",
    'got securityOpts: ["no-new-privileges:false"]',
    withInputs(server, { securityOpts: ["no-new-privileges:false"] }),
  ],
  ["confined", "got privileged: true", withInputs(server, { privileged: true })],
  ["memory-limit", "got memory: none", withInputs(server, { memory: undefined })],
  ["memory-limit", "got memory: 0", withInputs(server, { memory: 0 })],
  ["pinned-image", 'got image: "postgres:18"', withInputs(server, { image: "postgres:18" })],
  ["pinned-image", 'got image: "postgres@sha256:0f"', withInputs(server, { image: "postgres@sha256:0f" })],
  ["pinned-image", "got image: ", withInputs(server, { image: "localhost/pgtenants/postgres:latest" })],
  ["pinned-image", "got image: ", withInputs(server, { image: `other${postgresImageTag()}` })],
  [
    "pinned-image-of-step",
    "got image: ",
    { ...server, type: resourceTypes.command, inputs: { environment: { IMAGE: "postgres:18" } } },
  ],
  ["protected-volume", "got acme-data without", { ...server, type: resourceTypes.volume, name: "acme-data" }, {}],
  [
    "protected-volume",
    "got acme-data without",
    { ...server, type: resourceTypes.volume, name: "acme-data" },
    production,
  ],
  [
    "protected-backup-key",
    "got acme-backup-key without",
    { ...server, type: resourceTypes.password, name: "acme-backup-key" },
    {},
  ],
  [
    "production-protection",
    "got tier: production with ephemeral",
    component({ ...production, unprotected: "ephemeral" }),
  ],
  ["production-protection", "got tier: production in a stack", component({ ...production, unprotected: "stack" })],
  [
    "production-certificate",
    "got tls: passthrough with the wildcard certificate",
    component({ ...production, tls: "wildcard certificate" }),
  ],
  ["production-allow-list", "got no access.allow", component({ ...production, allow: [] })],
  [
    "production-allow-list",
    'got access.allow: ["0.0.0.0/0"], which lets in every IPv4',
    component({ ...production, allow: ["0.0.0.0/0"] }),
  ],
  [
    "production-allow-list",
    'got access.allow: ["10.0.0.0/8","::/0"], which lets in every IPv6',
    component({ ...production, allow: ["10.0.0.0/8", "::/0"] }),
  ],
  [
    "production-allow-list",
    "which lets in every IPv4",
    component({ ...production, allow: ["128.0.0.0/1", "10.0.0.0/8", "0.0.0.0/2", "64.0.0.0/2"] }),
  ],
  [
    "production-backup",
    "got backup.enabled: false",
    component({ ...production, backup: { enabled: false, full: "0 2 * * 0" } }),
  ],
  [
    "production-backup",
    'got backup.full: "never"',
    component({ ...production, backup: { enabled: true, full: "never" } }),
  ],
])("%s: %s, what was expected and how to mend it", (rule, got, refused, tenant) => {
  const [line = "", ...more] = violations(rule, refused, tenant);
  expect(line).toContain(got);
  expect(line).toMatch(/^got [^\n]+, expected [^\n]+; [^\n]+$/);
  expect(more).toEqual([]);
});

describe("tls, in the router's routes", () => {
  const route = {
    id: "acme",
    host: "acme.db.example.com",
    address: "198.18.7.7",
    passthrough: false,
    allow: [],
    maxConnectionsPerIp: 40,
  };
  const routes = renderDynamicConfig([route, { ...route, id: "globex", passthrough: true }], "/certificate.pem");
  const written = (stdin: string): Resource => ({
    ...router,
    type: resourceTypes.command,
    name: "traefik-routes",
    inputs: { stdin, environment: { FILE: "routes/dynamic.yml" } },
  });

  test.each([
    ["what the program writes", routes],
    ["TLS 1.3 alone", routes.replaceAll("VersionTLS12", "VersionTLS13")],
    ["no route at all", renderDynamicConfig([], "/certificate.pem")],
  ])("accepts %s", (_, text) => {
    expect(violations("routes-tls", written(text))).toEqual([]);
  });

  test.each([
    [
      "an older version",
      routes.replace("VersionTLS12", "VersionTLS11"),
      'got minVersion: "VersionTLS11" in the TLS options "default"',
    ],
    ["no version", routes.replaceAll(/minVersion: .*/g, ""), 'got minVersion: none in the TLS options "default"'],
    [
      "no options",
      routes.replace(/ {2}options:\n {4}default:[\s\S]*$/, ""),
      'got minVersion: none in the TLS options "default"',
    ],
    [
      "a route without TLS",
      routes.replace(/ {6}tls:\n {8}options: postgresql\n/, ""),
      'got the route "acme" without TLS',
    ],
    [
      "options that are nowhere",
      routes.replace("options: postgresql", "options: other"),
      'got the TLS options "other" for the route "acme"',
    ],
  ])("refuses %s", (_, text, got) => {
    expect(text).not.toBe(routes);
    expect(violations("routes-tls", written(text))[0]).toContain(got);
  });
});
