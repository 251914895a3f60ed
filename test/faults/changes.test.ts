import { afterAll, beforeAll, expect } from "vitest";
import { nodeClient } from "../e2e/support/clients.ts";
import { identity, inspect } from "../e2e/support/engine.ts";
import { pgtOutput } from "../e2e/support/pgt.ts";
import { outputOf } from "../e2e/support/shell.ts";
import { makeTestStack, type TestStack } from "../e2e/support/testStack.ts";
import type { Ledger } from "./support/ledger.ts";
import { initializePgbench, startPgbench } from "./support/pgbench.ts";
import { removeProtected } from "./support/removeProtected.ts";
import { faultTest } from "./support/table.ts";
import { underWatch, uriOf } from "./support/underWatch.ts";

/** The changed tenant's entry before and after each test. */
const entry = "id: acme";
let current: readonly string[] = [entry];
let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(["acme", "globex"], { deletionProtection: "true" });
  await at.stack.up();
  await initializePgbench(at, "globex");
});
afterAll(() => removeProtected(at, ["acme", "globex"]));

async function deploy(...entries: string[]): Promise<void> {
  current = entries;
  at.list("id: globex", ...entries);
  await at.stack.up();
}

const container = () => identity(at.container("acme"));
const noInterruption = 0;
const sessionsEnd = 5000;
const restart = 15_000;
/** Two or three deployments. */
const awayAndBack = 90_000;
const today = () => new Date().toISOString().slice(0, 10);

/** A change of acme, or of the list, and back, while pgbench and a probe watch globex, which it must leave alone, as the router. */
function change(number: string, what: string, recoversWithin: number, act: (ledger: Ledger) => Promise<void>): void {
  faultTest(number, what, async (report) => {
    const identities = () => Promise.all([at.router, at.container("globex")].map(identity));
    const before = await identities();
    const bench = await startPgbench(at, "globex");
    try {
      await underWatch(at, report, { recoversWithin }, act);
    } finally {
      await bench.stop();
      if (current.join() !== entry) await deploy(entry);
    }
    const { transactions, errors } = await bench.stop();
    report({ asked: transactions, neighbourErrors: errors.length });
    expect(errors).toEqual([]);
    expect(transactions).toBeGreaterThan(50);
    expect(await identities()).toEqual(before);
  });
}

/** Deploys acme's entry with these fields, and as it was. Neither replaces nor restarts its container. */
async function inPlace(fields: string, look = async () => {}): Promise<void> {
  const before = await container();
  await deploy(`{ id: acme, ${fields} }`);
  await look();
  await deploy(entry);
  expect(await container()).toBe(before);
}

change("26", "a tenant created, removed, purged", noInterruption, async () => {
  await deploy(entry, "id: initech");
  await deploy(entry, `{ id: initech, state: removed, confirm: initech ${today()} }`);
  await pgtOutput(at, "purge", "initech", "--yes", "--confirm", "initech");
  current = [entry];
  expect(await volumes()).toEqual(
    [at.container("acme"), at.backups("acme"), at.container("globex"), at.backups("globex"), at.routerFiles].sort(),
  );
});

async function volumes(): Promise<readonly string[]> {
  const filter = `label=dev.pgtenants.stack=${at.name}`;
  return (await outputOf("docker", ["volume", "ls", "--quiet", "--filter", filter])).split("\n").sort();
}

change("M1", "memory, CPU shares, disk, time-out changed: in place", noInterruption, () =>
  inPlace("memory: 384 MB, cpuShares: 512, disk: 8 GB, statementTimeout: 5 min", async () => {
    const limits = await inspect(at.container("acme"), "{{.HostConfig.Memory}} {{.HostConfig.CpuShares}}");
    expect(limits).toBe(`${384 * 1024 * 1024} 512`);
  }),
);

change("M2", "connections and shared buffers changed: one restart each way", restart, async () => {
  const before = await container();
  await deploy("{ id: acme, maxConnections: 30, sharedBuffers: 24 MB }");
  expect(await container()).not.toBe(before);
  await deploy(entry);
});

change("M3", "access turned off and on", awayAndBack, () =>
  inPlace("access: { enabled: false }", async () => {
    await expect(nodeClient(await uriOf(at, "acme"))).rejects.toThrow();
  }),
);

change("M4", "list of allowed networks changed", sessionsEnd, () => inPlace("access: { allow: [127.0.0.0/8] }"));

change("M5", "connections of one address limited", noInterruption, () =>
  inPlace("access: { maxConnectionsPerIp: 10 }"),
);

change("M6", "TLS passed through, and ended at the router again", noInterruption, () => inPlace("tls: passthrough"));

change("M7", "stopped and started", awayAndBack, async () => {
  await deploy("{ id: acme, state: stopped }");
  const filter = `label=dev.pgtenants.stack=${at.name}`;
  const containers = await outputOf("docker", ["ps", "--all", "--filter", filter, "--format", "{{.Names}}"]);
  expect(containers.split("\n").sort()).toEqual([at.router, at.container("globex")]);
  await deploy(entry);
});

change(
  "30",
  "password rotated, there and back: sessions stay, old ones are refused",
  noInterruption,
  async (ledger) => {
    const old = await uriOf(at, "acme");
    await inPlace("passwordVersion: 2", async () => {
      await expect(nodeClient(old)).rejects.toThrow("password authentication failed");
      ledger.use(await uriOf(at, "acme"));
    });
    ledger.use(await uriOf(at, "acme"));
  },
);

change("7", "removed, the entry taken out, and put back: rows and password are there", awayAndBack, async (ledger) => {
  await deploy(`{ id: acme, state: removed, confirm: acme ${today()} }`);
  await deploy();
  expect(await volumes()).toContain(at.container("acme"));
  await deploy(entry);
  ledger.use(await uriOf(at, "acme"));
});

change("9", "renamed, and back", awayAndBack, async (ledger) => {
  await deploy("{ id: acme-corp, renamedFrom: acme }");
  ledger.use(await uriOf(at, "acme-corp"));
  await ledger.commits(10_000);
  await deploy("{ id: acme, renamedFrom: [acme, acme-corp] }");
  ledger.use(await uriOf(at, "acme"));
  await deploy(entry);
});
