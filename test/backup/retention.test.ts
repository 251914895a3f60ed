// What is too old is let go; the last good backup never is, whatever becomes of the newer ones.
import { afterAll, expect, test } from "vitest";
import { type BackedUp, backUp, ledgerIn, restore, startBackedUp, upTo } from "../e2e/support/backupBench.ts";
import { asSuperuser, exec, makeImageBench, shell } from "../e2e/support/imageContainer.ts";
import { flip } from "../e2e/support/repositoryFiles.ts";
import { backupsOf, setClockBack } from "../e2e/support/scheduler.ts";
import { tenant } from "../support/tenants.ts";

const bench = makeImageBench();
afterAll(() => bench.remove());
const rows: string[][] = [];
const day = 86_400_000;

/** A server with a row in it that keeps its backups for so many days. */
async function keeps(keepDays: number): Promise<BackedUp> {
  const server = await startBackedUp(bench, { plan: { backup: { ...tenant().backup, keepDays } } });
  await asSuperuser(server.container, "CREATE TABLE ledger (id integer PRIMARY KEY); INSERT INTO ledger VALUES (1)");
  return server;
}

/** Makes backups, each so many days ago; expects that all are good. */
async function backUpAgo(server: BackedUp, ...made: readonly [type: "full" | "incr", days: number][]): Promise<void> {
  for (const [type, days] of made) {
    await setClockBack(server.container, days);
    expect(await backUp(server, type)).toMatchObject({ code: 0 });
  }
}

/** The backups that are there, by type and age in days, oldest first. */
async function there({ container }: BackedUp): Promise<string> {
  const { backups } = await backupsOf(container);
  return backups.map(({ type, started }) => `${type} ${Math.round((Date.now() - started.getTime()) / day)}`).join(", ");
}

async function comesBack(server: BackedUp): Promise<void> {
  const { volume, finished } = await restore(bench, server, ["latest"]);
  expect(finished).toMatchObject({ code: 0 });
  expect(await ledgerIn(bench, volume)).toBe(upTo(1));
}

function note(what: string, keepDays: number, made: string, left: string): void {
  rows.push([what, `${keepDays}`, made, left]);
}

test("what is older than the last one that is old enough goes", async () => {
  const server = await keeps(7);
  await backUpAgo(server, ["full", 21], ["incr", 18], ["full", 14], ["full", 6], ["full", 0]);
  const left = await there(server);
  expect(left).toBe("full 14, full 6, full 0");
  await comesBack(server);
  note("one after the other", 7, "full 21, incr 18, full 14, full 6, full 0", left);
});

test("the only one stays, however old", async () => {
  const server = await keeps(1);
  await backUpAgo(server, ["full", 30], ["incr", 0]);
  const left = await there(server);
  expect(left).toBe("full 30, incr 0");
  await comesBack(server);
  note("one full backup, long ago", 1, "full 30, incr 0", left);
});

test("a new one of a cluster with a damaged page takes no good one's place", async () => {
  const server = await keeps(1);
  const { container } = server;
  await asSuperuser(
    container,
    "CREATE TABLE filling WITH (autovacuum_enabled = off) AS SELECT n FROM generate_series(1, 10000) AS n",
  );
  await backUpAgo(server, ["full", 20]);
  await setClockBack(container, 0);
  const file = await asSuperuser(container, "SELECT pg_relation_filepath('filling')");
  await asSuperuser(container, "CHECKPOINT");
  await shell(container, flip(`$PGDATA/${file}`));
  const failed = await backUp(server, "full");
  expect(failed.code).not.toBe(0);
  expect(failed.stderr).toMatch(/checksum/);
  expect((await backupsOf(container)).failure).toMatchObject({ type: "full", said: expect.stringMatching(/checksum/) });
  const left = await there(server);
  expect(left).toBe("full 20");
  await comesBack(server);
  note("the newest fails: a page of the cluster is damaged", 1, "full 20, full 0 (failed)", left);
});

test("a new one that cannot be read back takes no good one's place", async () => {
  const server = await keeps(1);
  const { container } = server;
  await backUpAgo(server, ["full", 20]);
  await setClockBack(container, 0);
  // A disk that does not keep what was written: pgBackRest, and then a byte of its newest file turned over.
  const folder = "/var/lib/postgresql/damaging";
  const newest = '"$(ls -d /var/lib/pgbackrest/*/backup/tenant/2*F | tail -n 1)/bundle/1"';
  await shell(
    container,
    `mkdir ${folder} && cat >${folder}/pgbackrest <<'END' && chmod +x ${folder}/pgbackrest
#!/bin/sh
/usr/bin/pgbackrest "$@" || exit
case $* in *' backup') ${flip(newest)} ;; esac
END`,
  );
  const path = `PATH=${folder}:/usr/lib/postgresql/18/bin:/usr/bin:/bin`;
  const failed = await exec(container, ["env", path, "/usr/local/lib/pgtenants/backup.sh", "full"]);
  expect(failed).toMatchObject({
    code: 65,
    stderr: expect.stringMatching(/cannot be read back, and is not kept/),
  });
  const left = await there(server);
  expect(left).toBe("full 20");
  await comesBack(server);
  note("the newest is damaged as it is written", 1, "full 20, full 0 (damaged)", left);
});

test("all of it", ({ task }) => {
  expect(rows).toHaveLength(4);
  task.meta.chapter = {
    name: "retention",
    before:
      "Backups by their age in days, which is what the server's clock said when they were made. A full backup goes, with what stands on it, when a younger one " +
      "is older than `keepDays`; and only after a new full one was read back whole.",
    header: ["what happens", "`keepDays`", "made", "there afterwards"],
    rows,
  };
});
