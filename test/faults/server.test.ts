import { afterAll, beforeAll, expect } from "vitest";
import { nodeClient } from "../e2e/support/clients.ts";
import { identity, inspect } from "../e2e/support/engine.ts";
import { outputOf } from "../e2e/support/shell.ts";
import { makeTestStack, type TestStack } from "../e2e/support/testStack.ts";
import { faultTest } from "./support/table.ts";
import { underWatch, uriOf } from "./support/underWatch.ts";
import { killInside, logOf, postmasterOf } from "./support/victims.ts";

let at: TestStack;

beforeAll(async () => {
  at = await makeTestStack(["acme", "globex"]);
  await at.stack.up();
});
afterAll(() => at?.remove());

const recoversWithin = 10_000;

async function acmeClient() {
  const client = await nodeClient(await uriOf(at, "acme"));
  return client.on("error", () => undefined);
}

faultTest("14", "kill -9 of the postmaster under load", (report) =>
  underWatch(at, report, { recoversWithin }, async () => {
    const started = await inspect(at.container("acme"), "{{.State.StartedAt}}");
    await killInside(at.container("acme"), await postmasterOf(at.container("acme")));
    await expect.poll(() => inspect(at.container("acme"), "{{.State.StartedAt}}"), { timeout: 5000 }).not.toBe(started);
  }),
);

faultTest("15", "kill -9 of one backend", (report) =>
  underWatch(at, report, { recoversWithin }, async () => {
    const before = await identity(at.container("acme"));
    const victim = await acmeClient();
    const { rows } = await victim.query("SELECT pg_backend_pid() AS pid");
    await killInside(at.container("acme"), rows[0].pid);
    await expect(victim.query("SELECT 1")).rejects.toThrow();
    expect(await identity(at.container("acme"))).toBe(before);
  }),
);

faultTest("17", "container replaced under load: clean shutdown, never two on one volume", (report) =>
  underWatch(at, report, { recoversWithin: 15_000 }, async () => {
    const since = String(Math.floor(Date.now() / 1000));
    at.list("{ id: acme, sharedBuffers: 24 MB }", "id: globex");
    await at.stack.up();
    const log = await logOf(at.container("acme"));
    expect(log).toContain("database system was shut down at");
    expect(log).not.toMatch(/not properly shut down|was interrupted/);
    expect(await startsAndEnds(at.container("acme"), since)).toEqual(["die", "start"]);
  }),
);

/** What happened to the containers of this name, in order. */
async function startsAndEnds(container: string, since: string): Promise<string[]> {
  const filters = ["--filter", `container=${container}`, "--filter", "event=start", "--filter", "event=die"];
  const until = String(Math.floor(Date.now() / 1000) + 1);
  const events = ["events", "--since", since, "--until", until, ...filters, "--format", "{{.Action}}"];
  return (await outputOf("docker", events)).split("\n");
}

faultTest("20", "out of memory: a sort larger than the tenant's memory", (report) =>
  underWatch(at, report, { recoversWithin }, async () => {
    const greedy = await acmeClient();
    await greedy.query("SET work_mem = '2GB'");
    const rows = "SELECT repeat(md5(n::text), 30) FROM generate_series(1, 3000000) n ORDER BY 1";
    await expect(greedy.query(`SELECT count(*) FROM (${rows}) AS sorted`)).rejects.toThrow("Connection terminated");
    expect(await outOfMemoryCount(at.container("acme"))).toBeGreaterThan(0);
  }),
);

/** How often the kernel ended a process of the container for its memory limit. The first file is of control groups version 2. */
async function outOfMemoryCount(container: string): Promise<number> {
  const files = "/sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control";
  return Number(
    await outputOf("docker", ["exec", container, "sh", "-c", `cat ${files} 2>/dev/null | sed -n 's/^oom_kill //p'`]),
  );
}

faultTest("21", "shared memory of a parallel hash join past Docker's default of 64 MB", async (report) => {
  at.list("{ id: acme, memory: 1 GB, sharedBuffers: 24 MB }", "id: globex");
  await at.stack.up();
  await underWatch(at, report, { recoversWithin: 0 }, async () => {
    const client = await acmeClient();
    const text = "repeat(md5(n::text), 4) AS text";
    await client.query(`CREATE TABLE wide AS SELECT n, ${text} FROM generate_series(1, 600000) AS n`);
    await client.query("ANALYZE wide");
    await client.query("SET work_mem = '256MB'; SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0");
    const query = "SELECT count(*) FROM wide a JOIN wide b USING (n) WHERE a.text <= b.text";
    const { rows } = await client.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${query}`);
    await client.query("DROP TABLE wide");
    await client.end();
    const [hash] = nodesOf(rows[0]["QUERY PLAN"][0].Plan).filter((node) => node["Node Type"] === "Hash");
    expect(hash).toMatchObject({ "Parallel Aware": true, "Hash Batches": 1 });
    expect(hash?.["Peak Memory Usage"]).toBeGreaterThan(64 * 1024);
  });
});

interface PlanNode {
  readonly "Node Type": string;
  readonly "Peak Memory Usage"?: number;
  readonly Plans?: readonly PlanNode[];
}

function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}
