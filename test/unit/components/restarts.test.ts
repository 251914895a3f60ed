import { expect, test } from "vitest";
import type { LastStack } from "../../../components/lastDeployment.ts";
import { restarts } from "../../../components/restarts.ts";
import { serverContainer } from "../../../components/serverContainer.ts";
import type { PlacedTenant } from "../../../components/tenantOutputs.ts";
import { settings } from "../../support/settings.ts";
import { lastTenant, tenant } from "../../support/tenants.ts";

const { names, stack, postgresImage: image } = settings;
const state = "0123456789abcdef";

/** The inputs of a container as the state keeps them: JSON, with what the engine notes in it. */
function recorded(of: PlacedTenant) {
  const [volume, repository] = [names.tenant(of.origin), names.backups(of.origin)];
  const pooler = of.pooler === undefined ? undefined : names.pooler(of.origin);
  const own = { volume, repository, pooler };
  const args = serverContainer({ tenant: of, stack, names, image, bridge: names.stack, state, ...own });
  const noted = { ...args, mounts: args.mounts.map((mount) => ({ ...mount, __defaults: [] })), mustRun: true };
  return { ...JSON.parse(JSON.stringify(noted)), __defaults: ["mustRun"] };
}

function found(now: Partial<PlacedTenant>, differences: Partial<LastStack> = {}, used = settings) {
  const last = new Map([["acme", lastTenant({ container: recorded(tenant()) })]]);
  return restarts(
    [tenant(now)],
    { tenants: last, shared: new Map(), certificates: new Set(), state, subnet: settings.subnet, ...differences },
    used,
  );
}

test.each<[string, Partial<PlacedTenant>]>([
  ["nothing", {}],
  ["memory", { memoryMiB: 512 }],
  ["CPU shares", { cpuShares: 512 }],
  ["disk", { diskMiB: 512 }],
  ["access", { access: { enabled: false, allow: [], maxConnectionsPerIp: 1 } }],
  ["another password", { passwordVersion: 2 }],
  ["a stop", { state: "stopped", maxConnections: 41 }],
])("no restart: %s", (_, now) => {
  expect(found(now)).toEqual([]);
});

test.each<[string, Partial<PlacedTenant>, readonly string[]]>([
  ["connections", { maxConnections: 41 }, ["command"]],
  ["shared buffers", { sharedBuffersMiB: 17, memoryMiB: 512 }, ["command", "memory", "memorySwap"]],
  ["an address", { address: "198.18.7.8" }, ["networksAdvanced"]],
])("restart: %s", (_, now, because) => {
  expect(found(now).map((restart) => [restart.runsAs, restart.because.toSorted()])).toEqual([["acme", because]]);
});

test("a rename restarts what runs under the earlier id", () => {
  const renamed = { id: "acme-eu", origin: "acme", formerIds: ["acme"] };
  expect(found(renamed)).toMatchObject([{ tenant: { id: "acme-eu" }, runsAs: "acme" }]);
});

test("another image or another network restarts all", () => {
  expect(found({}, {}, { ...settings, postgresImage: "other" })).toMatchObject([{ because: ["image"] }]);
  expect(found({}, { subnet: "198.18.0.0/17" })).toMatchObject([{ because: ["networksAdvanced"] }]);
});

test("a new tenant, and one that did not run, are not restarted", () => {
  const args = [
    {
      tenants: new Map([["acme", lastTenant()]]),
      shared: new Map(),
      certificates: new Set<string>(),
      state,
      subnet: undefined,
    },
    settings,
  ] as const;
  expect(restarts([tenant({ maxConnections: 41 }), tenant({ id: "globex" })], ...args)).toEqual([]);
});
