import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadTenants, parseList, parseTenants } from "../../../tenants/load.ts";
import type { Tenant } from "../../../tenants/tenant.ts";
import { fixture } from "../../support/fixtures/read.ts";

const folder = mkdtempSync(join(tmpdir(), "pgtenants-load-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const example = join(import.meta.dirname, "../../../tenants/tenants.yaml");

function written(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

const small = { memoryMiB: 256, cpuShares: 256, maxConnections: 40, sharedBuffersMiB: 16, diskMiB: 10 * 1024 };
const TEN_MINUTES = 600_000;
const backup = {
  enabled: true,
  full: "0 2 * * 0",
  incremental: "0 2 * * 1-6",
  timeZone: "UTC",
  keepDays: 14,
  archiveTimeoutSeconds: 60,
};

/** A tenant whose entry is no more than an id, with `differences`. */
function plain(id: string, differences: Partial<Tenant> = {}): Tenant {
  const tenant = { id, origin: id, formerIds: [], database: id, owner: id, plan: "small", ...small, ...differences };
  return {
    state: "running",
    removedOn: undefined,
    restartConfirmedOn: undefined,
    access: { enabled: true, allow: [], maxConnectionsPerIp: tenant.maxConnections },
    password: "generated",
    passwordVersion: 1,
    tls: "terminate",
    tier: "standard",
    adoptedVolume: undefined,
    lifeSeconds: undefined,
    statementTimeoutMs: 0,
    idleInTransactionTimeoutMs: TEN_MINUTES,
    ...{ lockTimeoutMs: 0, tempFileLimitMiB: Math.floor(tenant.diskMiB / 4), readOnly: false, allowDdl: true },
    backup,
    pooler: undefined,
    declared: undefined,
    from: undefined,
    importFrom: undefined,
    ...tenant,
  };
}

// An operator's own list from the first edit on, and these tests run on their pull requests.
describe("the list of this checkout", () => {
  test("takes one tenant more by one line at its end", () => {
    const longer = `${readFileSync(example, "utf8")}  - id: the-last-one\n`;
    const tenants = parseTenants(longer, example);
    expect(tenants.slice(0, -1)).toEqual(loadTenants(example));
    expect(tenants.at(-1)?.id).toBe("the-last-one");
  });
});

test("one line is enough: everything else has a default", () => {
  expect(parseTenants(fixture("minimal.yaml"), "f")).toStrictEqual([plain("acme")]);
});

test("own values win over the plan, the plan over the built-in one", () => {
  const medium = { memoryMiB: 1024, cpuShares: 512, maxConnections: 100, sharedBuffersMiB: 256 };
  expect(parseTenants(fixture("full.yaml"), "f")).toStrictEqual([
    plain("acme", { plan: "medium", ...medium, statementTimeoutMs: 3_600_000 }),
    plain("globex-eu", {
      ...{ plan: "large", database: "globex-orders", owner: "postgres" },
      access: {
        enabled: true,
        allow: ["198.51.100.7/32", "2001:db8::/32", "203.0.113.0/24"],
        maxConnectionsPerIp: 25,
      },
      ...{
        password: "custom",
        passwordVersion: 3,
        tls: "passthrough",
        tier: "production",
        adoptedVolume: "pgs_Globex.data",
      },
      ...{ memoryMiB: 4096, cpuShares: 2048, maxConnections: 300, sharedBuffersMiB: 1024, diskMiB: 50 * 1024 },
      ...{ statementTimeoutMs: 500, idleInTransactionTimeoutMs: 86_400_000 },
    }),
    plain("hooli-corp", {
      ...{ origin: "hooli-co", formerIds: ["hooli-co", "hooli"], database: "hooli_co", owner: "hooli_co" },
      ...{ state: "stopped", maxConnections: 20, diskMiB: 5 * 1024 },
      access: { enabled: false, allow: [], maxConnectionsPerIp: 20 },
    }),
    plain("initech", {
      ...{ plan: "tiny", state: "removed", removedOn: "2026-11-21" },
      ...{ memoryMiB: 64, maxConnections: 16, sharedBuffersMiB: 32, idleInTransactionTimeoutMs: 0 },
    }),
  ]);
});

test.each(["minimal.yaml", "full.yaml"])("nobody can change the tenants of %s afterwards", (name) => {
  const tenants = parseTenants(fixture(name), "f");
  const inside = tenants.flatMap((tenant) => [tenant, tenant.formerIds, tenant.access, tenant.access.allow]);
  for (const value of [tenants, ...inside]) expect(Object.isFrozen(value)).toBe(true);
});

test.each([
  ["a byte order mark", `\uFEFF${fixture("full.yaml")}`],
  ["Windows line ends", fixture("full.yaml").replaceAll("\n", "\r\n")],
  ["no line end at the end", fixture("full.yaml").trimEnd()],
  ["a document start", `---\n${fixture("full.yaml")}...\n`],
])("%s makes no difference", (name, text) => {
  const expected = parseTenants(fixture("full.yaml"), "f");
  expect(parseTenants(text, "f")).toEqual(expected);
  expect(loadTenants(written(`${name}.yaml`, text))).toEqual(expected);
});

test("a byte order mark and Windows line ends do not move positions", () => {
  expect(() => parseTenants("\uFEFFtenants: x\r\n", "f")).toThrow("f:1:10 tenants:");
  expect(() => parseTenants("tenants:\r\n  - id: acme\r\n    memory: 5GB\r\n", "f")).toThrow("f:3:13 tenants[0]");
});

describe("a file that cannot be read as tenants is refused, never taken for an empty list", () => {
  const fails = (file: string) => expect(() => loadTenants(file));

  test("missing", () => {
    fails(join(folder, "missing.yaml")).toThrow(
      /missing\.yaml:1:1: got no such file, expected the list of tenants; restore it/,
    );
  });
  test("in a folder that is a file", () => {
    fails(join(written("file", ""), "tenants.yaml")).toThrow(/got a file that cannot be read \(ENOTDIR\)/);
  });
  test("a folder", () => {
    fails(folder).toThrow(/got a folder, expected a file with the list of tenants; give the path of the file/);
  });
  test("empty", () => {
    fails(written("empty.yaml", "")).toThrow(/empty\.yaml:1:1: got nothing, expected a mapping with a list of tenants/);
  });
  test("not UTF-8", () => {
    fails(written("latin1.yaml", Buffer.from("# caf\u00e9", "latin1"))).toThrow(/got text that is not UTF-8/);
    fails(written("utf16.yaml", Buffer.from("\uFEFFtenants: []", "utf16le"))).toThrow(/got text that is not UTF-8/);
  });
  test("too large", () => {
    const text = `tenants: [{ id: acme }]\n${"#".repeat(1024 * 1024)}`;
    fails(written("large.yaml", text)).toThrow(/got \d+ bytes, expected at most 1048576 \(1 MB\); move some/);
    expect(() => parseTenants(text, "f")).toThrow(/got \d+ bytes/);
  });
  test("a device, which might be read for ever", () => {
    fails("/dev/null").toThrow(/got a pipe or a device/);
  });
  test.skipIf(process.getuid?.() === 0)("without the right to read it", () => {
    const file = written("secret.yaml", fixture("minimal.yaml"));
    chmodSync(file, 0o000);
    fails(file).toThrow(/got a file that may not be read/);
  });
});

test("exactly 1 MB is read", () => {
  const text = fixture("minimal.yaml");
  expect(parseTenants(text + "#".repeat(1024 * 1024 - text.length), "f")).toHaveLength(1);
});

test("500 tenants with every field set are read, 501 are refused, and 2,000 fit on instances", () => {
  const fields = {
    ...{ plan: "large", user: "app", state: "running", password: "generated", passwordVersion: 2, tls: "passthrough" },
    access: { enabled: true, allow: ["203.0.113.0/24", "2001:db8::/32"], maxConnectionsPerIp: 20 },
    ...{ memory: "1024 GB", cpuShares: 262_144, maxConnections: 5000, sharedBuffers: "512 GB", disk: "1024 GB" },
    ...{ statementTimeout: "10 min", idleInTransactionTimeout: "10 min" },
  };
  const entry = (index: number) => {
    const id = `tenant-${String(index).padStart(3, "0")}`;
    return { id, renamedFrom: `old-${id}`, database: `${id}-orders`, volume: `volume-of-${id}`, ...fields };
  };
  const file = (length: number): string =>
    `tenants:\n${Array.from({ length }, (_, index) => `  - ${JSON.stringify(entry(index))}\n`).join("")}`;
  expect(parseTenants(file(500), "f")).toHaveLength(500);
  expect(() => parseTenants(file(501), "f")).toThrow(
    /f:2:3 tenants: got a list of 501, expected at most 500 tenants with a server/,
  );
  const sharing = (length: number): string => {
    const list = Array.from(
      { length },
      (_, index) => `  - { id: t-${index}, isolation: database, instance: shared-${index % 4} }\n`,
    );
    const instances = Array.from({ length: 4 }, (_, index) => `  - id: shared-${index}\n`);
    return `instances:\n${instances.join("")}tenants:\n${list.join("")}`;
  };
  expect(parseList(sharing(2000), "f").shared).toHaveLength(2000);
  expect(() => parseTenants(sharing(2001), "f")).toThrow(/got a list of 2001, expected at most 2000 tenants/);
});
