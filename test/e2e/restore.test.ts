// What was archived comes back row by row, to every kind of target, and what cannot come back says so.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { archiveNow, type BackedUp, backUp, ledgerIn, restore, startBackedUp, upTo } from "./support/backupBench.ts";
import { asSuperuser, makeImageBench } from "./support/imageContainer.ts";

const bench = makeImageBench();
afterAll(() => bench.remove());

/** A row that was written, and where in the log. */
interface Stamp {
  readonly id: number;
  readonly xid: string;
  readonly lsn: string;
  readonly time: string;
}

let server: BackedUp;
const stamps: Stamp[] = [];

async function write(): Promise<Stamp> {
  const id = stamps.length + 1;
  // A statement each is a transaction each. The position and time are taken after the commit, and a moment passes before the next.
  const xid = await asSuperuser(
    server.container,
    `INSERT INTO ledger VALUES (${id}, clock_timestamp()) RETURNING xmin`,
  );
  const after = "SELECT pg_current_wal_flush_lsn(), clock_timestamp()";
  const [lsn = "", time = ""] = (await asSuperuser(server.container, `SELECT pg_sleep(0.2); ${after}`))
    .trim()
    .split("|");
  const stamp = { id, xid: xid.split("\n")[0] ?? "", lsn, time };
  stamps.push(stamp);
  return stamp;
}

const at = (id: number): Stamp => stamps[id - 1] ?? stamps[0] ?? { id: 0, xid: "", lsn: "", time: "" };

beforeAll(async () => {
  server = await startBackedUp(bench);
  await asSuperuser(server.container, "CREATE TABLE ledger (id integer PRIMARY KEY, at timestamptz)");
  await write();
  await write();
  expect(await backUp(server, "full")).toMatchObject({ code: 0 });
  // pgBackRest chooses a backup by whole seconds.
  await sleep(2000);
  await write();
  await write();
  await asSuperuser(server.container, "SELECT pg_create_restore_point('before-migration')");
  await write();
  expect(await backUp(server, "incr")).toMatchObject({ code: 0 });
  await write();
  await write();
  await archiveNow(server);
});

describe("a restore gives exactly the rows that there were", () => {
  test.each<[string, () => readonly string[], number]>([
    ["latest", () => ["latest"], 7],
    ["immediate: the end of the newest backup", () => ["immediate"], 5],
    ["a time between two rows, after the newest backup", () => ["time", at(6).time], 6],
    ["a time between the two backups", () => ["time", at(3).time], 3],
    ["a transaction", () => ["xid", at(6).xid], 6],
    ["a transaction before the newest backup", () => ["xid", at(4).xid], 4],
    ["a named point", () => ["name", "before-migration"], 4],
    ["a position in the log", () => ["lsn", at(6).lsn], 6],
  ])("%s", async (_, target, last) => {
    const { volume, finished } = await restore(bench, server, target());
    expect(finished).toMatchObject({ code: 0 });
    expect(await ledgerIn(bench, volume)).toBe(upTo(last));
  });
});
