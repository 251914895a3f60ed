// Nothing can be archived for some minutes: it is seen, nothing is lost, and what waited is saved afterwards.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { parseBackups } from "../../cli/pgt/backups.ts";
import { archiveNow, type BackedUp, backUp, restore, startBackedUp } from "../e2e/support/backupBench.ts";
import { asSuperuser, makeImageBench, script } from "../e2e/support/imageContainer.ts";
import { inRepository } from "../e2e/support/repositoryFiles.ts";
import { ledgerEnd, ledgerTable, startWriter } from "./support/writer.ts";

const bench = makeImageBench();
afterAll(() => bench.remove());

const second = 1000;
const outage = 200 * second;
/** By then it must be seen. */
const seenWithin = 180 * second;

/** Waits for something, and says after how many seconds it was. */
async function secondsUntil(condition: () => Promise<boolean>, limit: number): Promise<number> {
  const begun = Date.now();
  while (!(await condition())) {
    if (Date.now() - begun > limit) return Number.POSITIVE_INFINITY;
    await sleep(second);
  }
  return (Date.now() - begun) / second;
}

async function archivingOf({ container }: BackedUp) {
  return parseBackups((await script(container, "backups.sh")).stdout).archiving;
}

/** A server with a backup and a writer whose repository cannot be written for some minutes. Gives a row of the table. */
async function outlast(what: string, server: BackedUp, begin: string, end: string): Promise<string[]> {
  await asSuperuser(server.container, ledgerTable);
  expect(await backUp(server, "full")).toMatchObject({ code: 0 });
  const writer = startWriter(server.container, 20);
  await inRepository(bench, server, begin);
  const begun = Date.now();
  const seen = await secondsUntil(async () => (await archivingOf(server)).failing, seenWithin);
  expect(seen, "the failure is seen").toBeLessThan(seenWithin / second);
  await sleep(Math.max(0, outage - (Date.now() - begun)));
  const { waiting } = await archivingOf(server);
  expect(waiting).toBeGreaterThan(0);
  const failedBackup = await backUp(server, "incr");
  expect(failedBackup.code).not.toBe(0);

  await inRepository(bench, server, end);
  const caughtUp = await secondsUntil(async () => {
    const now = await archivingOf(server);
    return !now.failing && now.waiting === 0;
  }, 180 * second);
  expect(caughtUp, "it catches up").toBeLessThan(180);
  await writer.stop();
  const { id } = writer.last();
  await archiveNow(server);
  const { volume, finished } = await restore(bench, server, ["latest"]);
  expect(finished).toMatchObject({ code: 0 });
  const back = await bench.start(volume);
  const [rows, last] = (await asSuperuser(back, ledgerEnd)).split("|").map(Number);
  expect([rows, last]).toEqual([id, id]);
  expect(await backUp(server, "incr")).toMatchObject({ code: 0 });
  return [what, `${Math.round(seen)} s`, `${waiting}`, `${Math.round(caughtUp)} s`, `${rows} of ${id}`];
}

test("for some minutes", async ({ task }) => {
  // In memory, and of that size as long as the server runs.
  const small = await bench.volume(96);
  const [unwritable, full] = await Promise.all([startBackedUp(bench), startBackedUp(bench, { repository: small })]);
  const rows = await Promise.all([
    outlast("cannot be written", unwritable, "chmod -R a-w .", "chmod -R u+w ."),
    outlast(
      "is full",
      full,
      "fallocate -l 1G ballast 2>/dev/null || dd if=/dev/zero of=ballast bs=1M 2>/dev/null || true",
      "rm ballast",
    ),
  ]);
  task.meta.chapter = {
    name: "outage",
    before:
      `The repository cannot be written, or is full to the last block, for ${outage / second} s, while a client commits 50 rows a second. What the tenant's ` +
      "container says of its archiving (`backups.sh`, which `pgt backups` reads) is asked each second. Backups fail meanwhile, and say so.",
    header: [
      "the repository",
      "seen after",
      "segments that wait",
      "all saved after its end",
      "rows that `latest` brings back",
    ],
    rows,
  };
});
