// A machine is lost at a random moment: what its repository brings back, and what not.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { figure } from "../../bench/render/markdown.ts";
import { median, p95 } from "../../bench/support/statistics.ts";
import { backUp, restore, startBackedUp } from "../e2e/support/backupBench.ts";
import { asSuperuser, makeImageBench } from "../e2e/support/imageContainer.ts";
import { outputOf } from "../e2e/support/shell.ts";
import { tenant } from "../support/tenants.ts";
import { ledgerEnd, ledgerTable, startWriter } from "./support/writer.ts";

const bench = makeImageBench();
afterAll(() => bench.remove());

const { archiveTimeoutSeconds } = tenant().backup;

interface Cut {
  /** Milliseconds between two commits. */
  readonly pause: number;
  /** Seconds from the last commit that was acknowledged to the newest one that came back. */
  readonly lost: number;
  readonly rowsLost: number;
  readonly rows: number;
}

/** Makes a tenant, writes, loses its machine between one and two archive time-outs later, and brings it back from the repository. */
async function cut(pause: number): Promise<Cut> {
  const server = await startBackedUp(bench);
  await asSuperuser(server.container, ledgerTable);
  expect(await backUp(server, "full")).toMatchObject({ code: 0 });
  const writer = startWriter(server.container, pause);
  await sleep(1000 * archiveTimeoutSeconds * (1 + Math.random()));
  await outputOf("docker", ["kill", "--signal", "KILL", server.container]);
  const acknowledged = writer.last();
  await writer.stop();
  await outputOf("docker", ["rm", "--force", "--volumes", server.container]);
  await outputOf("docker", ["volume", "rm", server.volume]);

  const { volume, finished } = await restore(bench, server, ["latest"]);
  expect(finished.code, finished.stderr).toBe(0);
  const back = await bench.start(volume);
  const [rows = 0, last = 0, at = 0] = (await asSuperuser(back, ledgerEnd)).split("|").map(Number);
  await outputOf("docker", ["rm", "--force", "--volumes", back]);
  await outputOf("docker", ["volume", "rm", volume, server.repository]);
  // All from the first on, without a hole.
  expect(rows).toBe(last);
  expect(rows).toBeGreaterThan(0);
  // The last row may have been committed, and its answer lost.
  return { pause, lost: Math.max(0, acknowledged.at - at) / 1000, rowsLost: Math.max(0, acknowledged.id - last), rows };
}

const together = 10;
const cuts = 30;
/** Commits as fast as they come every third time; then a segment is full before it is too old. */
const pauses = [100, 20, 0];

test("thirty machines are lost", async ({ task }) => {
  const found: Cut[] = [];
  while (found.length < cuts) {
    const round = Array.from({ length: together }, (_, index) => cut(pauses[index % pauses.length] ?? 0));
    const ended = await Promise.allSettled(round);
    for (const one of ended) {
      if (one.status === "rejected") throw one.reason;
      found.push(one.value);
    }
  }
  const row = (what: string, some: readonly Cut[]) => {
    const lost = some.map((one) => one.lost);
    const rows = some.map((one) => one.rowsLost);
    return [
      what,
      `${some.length}`,
      ...[median(lost), p95(lost), Math.max(...lost)].map((seconds) => `${figure(seconds, 1)} s`),
      `${Math.max(...rows)}`,
    ];
  };
  task.meta.chapter = {
    name: "loss",
    before:
      `A client commits all the time, one row a transaction. Between one and two archive time-outs (${archiveTimeoutSeconds} s) after its start, at a random ` +
      "moment, the container is killed and its volume deleted; `latest` is brought back from the repository alone. What is lost is the time " +
      "from the last commit that the client was told of to the newest row that is there. Of what came back no row is missing in between.",
    header: ["pause between commits", "cuts", "median", "95th percentile", "most", "most rows"],
    rows: [
      row("all", found),
      ...pauses.map((pause) =>
        row(
          pause === 0 ? "none" : `${pause} ms`,
          found.filter((one) => one.pause === pause),
        ),
      ),
    ],
    after: `At most ${archiveTimeoutSeconds} s, and what a segment takes to be saved; a busy tenant, whose segments are full sooner, loses less.`,
  };
  expect(Math.max(...found.map(({ lost }) => lost))).toBeLessThan(archiveTimeoutSeconds + 5);
});
