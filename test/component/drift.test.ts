import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readDeployed } from "../../cli/pgt/drift/deployed.ts";
import { verifierDigest } from "../../cli/pgt/drift/deployedInside.ts";
import { dueTenants } from "../../cli/pgt/drift/due.ts";
import { tenantsIn } from "../../components/readLastDeployment.ts";
import { scramVerifier } from "../../components/scramVerifier.ts";
import type { PlacedTenant } from "../../components/tenantOutputs.ts";
import { stateOf } from "../support/driftState.ts";
import { canary } from "../support/mocks.ts";
import { settings } from "../support/settings.ts";
import { tenant } from "../support/tenants.ts";

const acme = tenant();
const globex = tenant({ id: "globex", address: "198.18.7.8", state: "stopped" });
const resources = await stateOf([acme, globex]);
const digestOf = (text: string) => createHash("sha256").update(text).digest("hex");

describe("what was deployed, by the state", () => {
  const deployed = readDeployed(resources);

  test("is each container, with its limits, and the step that sets that of processes", () => {
    expect(deployed.containers).toMatchObject([
      {
        subject: "router",
        name: "pgtenants-dev",
        limitStep: "traefik-listening",
        options: { limits: { processes: 512 } },
      },
      {
        subject: "acme",
        id: "acme-server-id",
        name: "pgtenants-dev.acme",
        limitStep: "acme-sql",
        options: {
          limits: {
            memoryMiB: 256,
            swapMiB: 256,
            cpuShares: 256,
            processes: 2 * 40 + 8 + 48,
            restart: "unless-stopped",
          },
          networks: { "pgtenants-dev": "198.18.7.7" },
        },
      },
    ]);
    expect(deployed.withoutContainer).toEqual([]);
  });

  test("is the network, and every volume, that of a stopped tenant included", () => {
    expect(deployed.networks).toMatchObject([
      { subject: "network", name: "pgtenants-dev", made: { internal: true, subnets: ["198.18.0.0/16"] } },
    ]);
    expect(deployed.volumes).toEqual([
      { subject: "router", name: "pgtenants-dev_router", data: false },
      { subject: "acme", name: "pgtenants-dev.acme", data: true },
      { subject: "acme", name: "pgtenants-dev.acme_backups", data: false },
      { subject: "globex", name: "pgtenants-dev.globex", data: true },
      { subject: "globex", name: "pgtenants-dev.globex_backups", data: false },
    ]);
  });

  test("is what the router reads", () => {
    expect(deployed.router).toMatchObject({
      container: "pgtenants-dev",
      routes: expect.stringContaining("HostSNI(`acme.db.example.com`)"),
      certificate: {
        path: "certificates/0123456789abcdef.pem",
        digest: digestOf(settings.certificate.bundle),
      },
      tenants: ["acme", "globex"],
    });
  });

  test("is what a tenant's database is to look like, and its files, by their digests", () => {
    expect(deployed.servers.map(({ id }) => id)).toEqual(["acme"]);
    const [server] = deployed.servers;
    expect(server).toMatchObject({
      container: "pgtenants-dev.acme",
      spec: { owner: "acme", database: "acme", connectionLimit: 40, access: { login: true, allow: [] } },
      diskMiB: 10_240,
      keepDays: 14,
    });
    expect(server === undefined ? "" : verifierDigest(server)).toBe(
      digestOf(scramVerifier("acme.db.example.com", canary)),
    );
    const digests = new Map(server?.files.map(({ path, digests }) => [path, digests]));
    expect(digests.get("/var/lib/postgresql/disk-limit")).toEqual([digestOf("10240\n")]);
    expect(digests.get("/var/lib/postgresql/backup/schedule")).toEqual([
      digestOf("yes\n0 2 * * 0\n0 2 * * 1-6\nUTC\n"),
    ]);
    expect(digests.get("/run/postgresql/reject.conf")).toEqual([
      digestOf(""),
      digestOf("host all all all reject\nlocal all all reject\n"),
    ]);
  });

  test("without a container where the state was made to read that it is gone", () => {
    const without = resources.filter(({ urn }) => !urn.endsWith("::acme-server"));
    expect(readDeployed(without).withoutContainer).toEqual(["acme"]);
  });

  test("is no container of a stack that was taken down, though its tenants are in the state for their volumes", () => {
    const kept = resources.filter(
      ({ urn, type }) => type.endsWith(":TenantDatabase") || /-(data|backups|password|backup-key)$/.test(urn),
    );
    expect(readDeployed(kept)).toMatchObject({ containers: [], withoutContainer: [], servers: [], router: undefined });
    expect(readDeployed(kept).volumes).toHaveLength(4);
  });

  test("is not to be told where a secret was not exported in clear, and the error has none", () => {
    const sealed = resources.map((resource) =>
      resource.urn.endsWith("::acme-sql")
        ? { ...resource, inputs: { ...resource.inputs, stdin: { ciphertext: "x" } } }
        : resource,
    );
    expect(() => readDeployed(sealed)).toThrow("the standard input of acme-sql cannot be read");
  });
});

describe("a deployment is due", () => {
  const due = (...listed: readonly PlacedTenant[]) =>
    dueTenants(listed, readDeployed(resources), tenantsIn(resources), settings.domain);

  test("for nobody after one", () => {
    expect(due(acme, globex)).toEqual([]);
    expect(due(globex, acme)).toEqual([]);
  });

  test.each<[Partial<PlacedTenant>]>([
    [{ state: "stopped" }],
    [{ access: { ...acme.access, enabled: false } }],
    [{ access: { ...acme.access, allow: ["203.0.113.0/24"] } }],
    [{ passwordVersion: 2 }],
    [{ tls: "passthrough" }],
    [{ memoryMiB: 512 }],
    [{ cpuShares: 512 }],
    [{ maxConnections: 41 }],
    [{ sharedBuffersMiB: 32 }],
    [{ diskMiB: 20_480 }],
    [{ statementTimeoutMs: 1000 }],
    [{ database: "shop" }],
    [{ owner: "shop" }],
    [{ backup: { ...acme.backup, enabled: false } }],
    [{ backup: { ...acme.backup, full: "0 3 * * 0" } }],
    [{ backup: { ...acme.backup, keepDays: 7 } }],
  ])("for a tenant with %j", (differences) => {
    expect(due(tenant(differences), globex)).toEqual(["acme"]);
  });

  test("for a newcomer, for one that is gone from the list, and for one that is to be removed", () => {
    expect(due(acme, globex, tenant({ id: "hooli" }))).toEqual(["hooli"]);
    expect(due(acme)).toEqual(["globex"]);
    expect(due(acme, { ...globex, state: "removed" })).toEqual(["globex"]);
    expect(due(acme, globex, tenant({ id: "never-made", state: "removed" }))).toEqual([]);
  });
});
