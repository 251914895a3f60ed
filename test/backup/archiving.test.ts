// What archiving costs a tenant that writes all the time.
import { afterAll, expect, test } from "vitest";
import { figure } from "../../bench/render/markdown.ts";
import { parseSummary } from "../../bench/support/pgbenchOutput.ts";
import { median } from "../../bench/support/statistics.ts";
import { startBackedUp } from "../e2e/support/backupBench.ts";
import { asSuperuser, makeImageBench } from "../e2e/support/imageContainer.ts";
import { endScheduler } from "../e2e/support/scheduler.ts";
import { inContainer, setArchiving } from "./support/inContainer.ts";
import { limits } from "./support/tenantLimits.ts";

const bench = makeImageBench();
afterAll(() => bench.remove());

const rounds = 5;
const seconds = 12;

test("pgbench with and without", async ({ task }) => {
  const { container } = await startBackedUp(bench, { run: limits });
  await endScheduler(container);
  await inContainer(container, "pgbench --initialize --quiet --scale=10");
  const archived = async () => Number(await asSuperuser(container, "SELECT archived_count FROM pg_stat_archiver"));
  const run = async (on: boolean) => {
    await setArchiving(container, on);
    await asSuperuser(container, "CHECKPOINT");
    const before = await archived();
    const { stdout } = await inContainer(container, `pgbench --no-vacuum --client=4 --time=${seconds} 2>/dev/null`);
    return { tps: parseSummary(stdout).tps, segments: (await archived()) - before };
  };
  const found: { off: number; on: number; segments: number }[] = [];
  // The first run warms up what all use.
  await run(true);
  for (let round = 0; round < rounds; round += 1) {
    const off = await run(false);
    const on = await run(true);
    found.push({ off: off.tps, on: on.tps, segments: on.segments });
  }
  const ratios = found.map(({ on, off }) => on / off);
  const middle = (name: "on" | "off" | "segments") => median(found.map((one) => one[name])) ?? 0;
  task.meta.chapter = {
    name: "archiving",
    before: `pgbench, which only writes, on 4 sessions in the tenant's own container, ${seconds} s at a time, without and with archiving in turn, ${rounds} times.`,
    header: ["", "without", "with", "ratio", "ratios"],
    rows: [
      [
        "transactions a second",
        `${Math.round(middle("off"))}`,
        `${Math.round(middle("on"))}`,
        figure(median(ratios)),
        ratios.map((ratio) => figure(ratio)).join(" "),
      ],
      ["segments of 16 MiB archived in a run", "0", `${middle("segments")}`, "", ""],
    ],
  };
  expect(middle("segments")).toBeGreaterThan(0);
  expect(median(ratios)).toBeGreaterThan(0.7);
});
