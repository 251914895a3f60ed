// Measures tenants on shared instances, beside the bench, which it is no part of: node bench/shared.ts [tenants] [instances]
import { writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { mapAtOnce } from "../components/atOnce.ts";
import type { ConnectionStrings } from "../components/connectionStrings.ts";
import { ask } from "../test/e2e/support/sharedStack.ts";
import type { TestStack } from "../test/e2e/support/testStack.ts";
import { discard, makeBenchStack } from "./support/benchStack.ts";
import { deploy, stateBytes } from "./support/deploy.ts";
import { execute } from "./support/execute.ts";
import { availableMiB } from "./support/memory.ts";
import { renderShared, type SharedMeasures } from "./support/sharedPage.ts";

const [tenants = 1000, instances = 4] = process.argv.slice(2).map(Number);
const at = await makeBenchStack();
process.once("SIGINT", () => void discard(at).then(() => process.exit(130)));
try {
  const measured = await measure();
  const folder = new URL("../docs/", import.meta.url);
  writeFileSync(new URL("shared-instances-measured.json", folder), `${JSON.stringify(measured, null, 2)}\n`);
  writeFileSync(new URL("shared-instances-measured.md", folder), renderShared(measured));
} finally {
  await discard(at);
}

async function measure(): Promise<SharedMeasures> {
  const before = availableMiB();
  list(at, tenants);
  const declared = await step("declare", () => deploy(at, "up"));
  const [preview, nothing] = [
    await step("preview", () => deploy(at, "preview")),
    await step("up without a change", () => deploy(at, "up")),
  ];
  // Longer than a server connection waits for its tenant.
  await sleep(40_000);
  const taken = before - availableMiB();
  const memory = await containerMemory(at);
  list(at, tenants + 1);
  const begun = performance.now();
  const one = await step("one more", () => deploy(at, "up"));
  const answered = await answering(at, tenants + 1);
  process.stdout.write(`${answered.answers} of ${tenants + 1} answer in ${answered.seconds.toFixed(1)} s\n`);
  return {
    at: new Date().toISOString().slice(0, 10),
    machine: { processors: cpus().length, memoryMiB: Math.round(totalmem() / 2 ** 20) },
    ...{ tenants, instances },
    declareSeconds: declared.seconds,
    previewSeconds: preview.seconds,
    nothingSeconds: nothing.seconds,
    oneMoreSeconds: one.seconds,
    oneMoreGoLiveSeconds: (one.begun - begun) / 1000 + one.seconds,
    peakMiB: Math.max(declared.peakMiB, preview.peakMiB),
    stateMiB: stateBytes(at) / 2 ** 20,
    availableTakenMiB: taken,
    ...memory,
    ...answered,
  };
}

async function step<T extends { readonly seconds: number }>(what: string, work: () => Promise<T>): Promise<T> {
  const done = await work();
  process.stdout.write(`${what}: ${done.seconds.toFixed(1)} s\n`);
  return done;
}

function list(stack: TestStack, count: number): void {
  const servers = Array.from(
    { length: instances },
    (_, number) => `  - { id: shared-${number}, plan: large, memory: 3 GB }\n`,
  );
  const entries = Array.from(
    { length: count },
    (_, number) => `  - { id: tenant-${number}, isolation: database, instance: shared-${number % instances} }\n`,
  );
  writeFileSync(join(stack.folder, "tenants.yaml"), `instances:\n${servers.join("")}tenants:\n${entries.join("")}`);
}

/** What the kernel has put down to servers and pools, without the page cache that it can take back, and how many processes that is. */
async function containerMemory(stack: TestStack) {
  const sums = { serversMiB: 0, poolsMiB: 0, processes: 0 };
  for (let number = 0; number < instances; number += 1) {
    for (const [of, name] of [
      ["serversMiB", stack.container(`shared-${number}`)],
      ["poolsMiB", stack.container(`shared-${number}_pooler`)],
    ] as const) {
      const { stdout } = await execute("docker", ["stats", "--no-stream", "--format", "{{.MemUsage}} {{.PIDs}}", name]);
      const [, amount = "0", unit = "MiB", processes = "0"] = /^([\d.]+)([KMG]iB) .* (\d+)$/.exec(stdout.trim()) ?? [];
      sums[of] += Number(amount) * { KiB: 1 / 1024, MiB: 1, GiB: 1024 }[unit as "KiB" | "MiB" | "GiB"];
      sums.processes += Number(processes);
    }
  }
  return sums;
}

/** Every tenant asked once, as a client does, sixteen at a time. */
async function answering(stack: TestStack, count: number): Promise<{ answers: number; seconds: number }> {
  const strings: Record<string, ConnectionStrings> = await stack.connectionStrings();
  const failures = new Map<string, string>();
  const begun = performance.now();
  const answers = await mapAtOnce(Object.entries(strings), async ([id, { uri }]) => {
    try {
      const [row] = await ask<{ own: boolean }>(uri, "SELECT current_database() = current_user AS own");
      return row?.own === true;
    } catch (error) {
      failures.set(error instanceof Error ? error.message : String(error), id);
      return false;
    }
  });
  for (const [message, id] of failures) process.stderr.write(`${message}: ${id} and perhaps others\n`);
  if (answers.length !== count) throw new Error(`${answers.length} connection strings, expected ${count}`);
  return { answers: answers.filter(Boolean).length, seconds: (performance.now() - begun) / 1000 };
}
