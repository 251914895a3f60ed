// A backup of one tenant must not slow down another one.
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { figure } from "../../bench/render/markdown.ts";
import { parseSummary } from "../../bench/support/pgbenchOutput.ts";
import { median } from "../../bench/support/statistics.ts";
import { archiveNow, startBackedUp } from "../e2e/support/backupBench.ts";
import { makeImageBench, until } from "../e2e/support/imageContainer.ts";
import { inRepository } from "../e2e/support/repositoryFiles.ts";
import { inContainer, startFilled } from "./support/inContainer.ts";
import { limits } from "./support/tenantLimits.ts";

const bench = makeImageBench();
afterAll(() => bench.remove());

const rounds = 5;
const seconds = 6;

/** How the neighbour's backup is made while it is measured: not at all, as the image makes it, or at pgBackRest's own pace, one after the other. */
const arms = {
  none: undefined,
  gentle: "/usr/local/lib/pgtenants/backup.sh full",
  hasty:
    "while pgbackrest --config=/var/lib/postgresql/backup/pgbackrest.conf --stanza=tenant --type=full backup; do :; done",
} as const;

const workloads = { "which read (`-S`)": "--select-only", "which write": "--builtin=tpcb-like" } as const;

test("pgbench beside a neighbour's backup of 1 GiB", async ({ task }) => {
  const { container } = await startBackedUp(bench, { run: limits });
  await inContainer(container, "pgbench --initialize --quiet --scale=10");
  const neighbour = await startFilled(bench, 2 ** 30);
  // There is a repository, and no backup in it.
  await archiveNow(neighbour);

  /** Runs a shell command for each process of pgBackRest, workers too, in the neighbour's container; its id is in $1. */
  const forBackup = (command: string) =>
    inContainer(
      neighbour.container,
      `for process in /proc/[0-9]*; do
         case $(tr '\\0' ' ' <"$process/cmdline" 2>/dev/null) in
           pgbackrest*) set -- "\${process#/proc/}"; ${command} ;;
         esac
       done`,
    );
  const running = async () => (await forBackup("echo $1")).stdout !== "";
  const measure = async (workload: string, arm: keyof typeof arms) => {
    const command = arms[arm];
    const pgbench = () =>
      inContainer(container, `pgbench --no-vacuum --client=2 --time=${seconds} ${workload} 2>/dev/null`);
    if (command === undefined) return parseSummary((await pgbench()).stdout).tps;
    const backup = spawn("docker", ["exec", neighbour.container, "sh", "-c", command], { stdio: "ignore" });
    await until(running, "the backup runs");
    const { stdout } = await pgbench();
    expect(backup.exitCode, "the backup was over before pgbench was").toBeNull();
    // What is made of it by then is of no use.
    while (backup.exitCode === null) {
      await forBackup("kill -KILL $1 2>/dev/null || true");
      await sleep(200);
    }
    await inRepository(bench, neighbour, "rm -rf backup/tenant/2*F");
    return parseSummary(stdout).tps;
  };

  const rows: string[][] = [];
  const medians: Record<string, number> = {};
  for (const [name, workload] of Object.entries(workloads)) {
    const found: Record<keyof typeof arms, number>[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const none = await measure(workload, "none");
      const gentle = await measure(workload, "gentle");
      const hasty = await measure(workload, "hasty");
      found.push({ none, gentle, hasty });
      await sleep(1000);
    }
    const ratios = (arm: "gentle" | "hasty") => found.map((one) => one[arm] / one.none);
    const cells = (arm: "gentle" | "hasty") => [
      figure(median(ratios(arm))),
      ratios(arm)
        .map((ratio) => figure(ratio))
        .join(" "),
    ];
    medians[name] = median(ratios("gentle")) ?? 0;
    rows.push([
      name,
      `${Math.round(median(found.map(({ none }) => none)) ?? 0)}`,
      ...cells("gentle"),
      ...cells("hasty"),
    ]);
  }
  task.meta.chapter = {
    name: "neighbour",
    before:
      `Two tenants with the same share of the processors. One asks all the time, with pgbench on 2 sessions, which takes all processors of this machine; the other ` +
      `holds 1 GiB and is being backed up in full. Transactions a second beside the backup, as a ratio to those without, ${rounds} rounds of ${seconds} s in turn.`,
    header: ["transactions", "alone, a second", "beside a backup", "ratios", "at pgBackRest's own pace", "ratios"],
    rows,
    after:
      "Where the machine's processors have nothing left, a backup takes a twentieth of them (`gently.pl`): shares of processors count between containers, and there a " +
      "backup is worth as much as its tenant's own queries. Where there is time left it runs at its own pace.",
  };
  for (const ratio of Object.values(medians)) expect(ratio).toBeGreaterThan(0.9);
});
