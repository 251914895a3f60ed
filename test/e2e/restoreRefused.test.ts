// What cannot be brought back says so, names what is wrong, and leaves nothing that looks like a cluster. Above all it does not end early:
// PostgreSQL takes a WAL segment that it does not get for the end of the WAL.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  archiveNow,
  type BackedUp,
  backUp,
  configOf,
  ledgerIn,
  restore,
  startBackedUp,
  upTo,
} from "./support/backupBench.ts";
import { asSuperuser, makeImageBench, shell } from "./support/imageContainer.ts";
import { flip, inRepository, keepSound, makeSound } from "./support/repositoryFiles.ts";

const bench = makeImageBench();
afterAll(() => bench.remove());

let server: BackedUp;
/** Finished segments, oldest first; a row was written in each. */
const segments: string[] = [];
const tomorrow = new Date(Date.now() + 86_400_000).toISOString().replace("T", " ").replace("Z", "+00");
const facts = { before: "", xid: "" };

const sql = (statement: string) => asSuperuser(server.container, statement);

beforeAll(async () => {
  server = await startBackedUp(bench);
  await sql("CREATE TABLE ledger (id integer PRIMARY KEY)");
  facts.before = await sql("SELECT clock_timestamp()");
  expect(await backUp(server, "full")).toMatchObject({ code: 0 });
  // More than the server reads ahead: what it finds wrong there would end a restore before the end of the backup.
  await sql("CREATE TABLE filling AS SELECT sha512(int8send(n)) FROM generate_series(1, 50000) AS n");
  for (const id of [1, 2, 3, 4]) {
    await sql(`INSERT INTO ledger VALUES (${id})`);
    segments.push(await sql("SELECT pg_walfile_name(pg_current_wal_lsn())"));
    await archiveNow(server);
  }
  facts.xid = await sql("SELECT pg_snapshot_xmax(pg_current_snapshot())");
  // Nothing more comes into what is damaged below.
  await sql("ALTER SYSTEM SET archive_command = '/bin/true'");
  await sql("SELECT pg_reload_conf()");
  await keepSound(bench, server);
});

/** Restores, expects that it fails with these words, and that the volume is as new. */
async function refuses(
  target: readonly string[],
  words: RegExp,
  from = server,
  config = configOf(from),
): Promise<void> {
  const { volume, finished } = await restore(bench, from, target, config);
  expect(finished.code, finished.stderr).toBe(78);
  expect(finished.stderr).toMatch(words);
  expect(await bench.prepare(volume, "ls -A /var/lib/postgresql/18 2>/dev/null || true")).toBe("");
}

test("as it is, it can be brought back", async () => {
  const { volume, finished } = await restore(bench, server, ["latest"]);
  expect(finished).toMatchObject({ code: 0 });
  expect(await ledgerIn(bench, volume)).toBe(upTo(4));
});

test("with a segment that was just being saved, it can be brought back up to that", async () => {
  const last = segments.at(-1) ?? "";
  const next = `${last.slice(0, -1)}${(Number.parseInt(last.slice(-1), 16) + 1).toString(16).toUpperCase()}`;
  await inRepository(
    bench,
    server,
    `cd archive/tenant/*/*/ && head -c 1000 ${last}-* >${next}-${"0".repeat(40)}.zst.pgbackrest.tmp`,
  );
  const { volume, finished } = await restore(bench, server, ["latest"]);
  expect(finished).toMatchObject({ code: 0 });
  expect(await ledgerIn(bench, volume)).toBe(upTo(4));
});

describe("a target that the backups do not reach", () => {
  const late = /recovery ended before configured recovery target was reached[\s\S]*do not lead to/;
  test.each<[string, () => readonly string[], RegExp]>([
    [
      "a time before the first backup",
      () => ["time", facts.before],
      /unable to find backup set with stop time less than/,
    ],
    ["a time after the last WAL", () => ["time", tomorrow], late],
    ["a transaction that never came", () => ["xid", `${Number(facts.xid) + 1000}`], late],
    ["a position after the last WAL", () => ["lsn", "FF/0"], late],
    ["a position before the first backup", () => ["lsn", "0/1000000"], /unable to find backup set with lsn less than/],
    ["a name that was never given", () => ["name", "nowhere"], late],
    ["a time without its zone", () => ["time", "2099-01-01 00:00:00"], /"2099-01-01 00:00:00" has no zone/],
    ["a target of no known type", () => ["moment", "now"], /target of type "moment"/],
  ])("%s", async (_, target, words) => {
    await refuses(target(), words);
  });
});

describe("a repository that is not the right one", () => {
  test("another tenant's", async () => {
    const key = randomBytes(24).toString("hex");
    await refuses(["latest"], /there are no backups in .*another tenant's/, { ...server, key });
  });
  test("another key's", async () => {
    const config = configOf(server).replace(/^(repo1-cipher-pass)=.*$/m, `$1=${randomBytes(24).toString("hex")}`);
    await refuses(["latest"], /no backup can be read: .*made with another key/, server, config);
  });
});

describe("a repository that is damaged", () => {
  const wal = (index: number) => `archive/tenant/*/*/${segments.at(index)}-*`;
  const bundle = "$(find backup/tenant/*F/bundle -type f | head -n 1)";
  test.each<[string, () => string, RegExp]>([
    ["a WAL segment that is cut short", () => `truncate -s -1000 ${wal(1)}`, /damaged or cut short/],
    ["the last WAL segment, cut short", () => `truncate -s -1000 ${wal(-1)}`, /damaged or cut short/],
    ["an empty WAL segment", () => `truncate -s 0 ${wal(1)}`, /damaged/],
    ["a byte of a WAL segment", () => flip(wal(1)), /damaged/],
    ["a byte of the last WAL segment", () => flip(wal(-1)), /damaged/],
    ["a segment in the middle that is gone", () => `rm ${wal(1)}`, /segment [0-9A-F]{24} is missing .* later ones/],
    ["the first segment that is gone", () => `rm ${wal(0)}`, /segment [0-9A-F]{24} is missing .* later ones/],
    ["a byte of the cluster's files", () => flip(bundle), /ERROR: .*(checksum|unable to|decrypt|zst)/i],
    [
      "a byte of a backup's manifest and of its copy",
      () => ["", ".copy"].map((copy) => flip(`backup/tenant/*F/backup.manifest${copy}`)).join("\n"),
      /ERROR: .*manifest/,
    ],
    ["a backup's files that are gone", () => "rm -r backup/tenant/*F/bundle", /unable to open missing file/],
  ])("%s", async (_, damage, words) => {
    await makeSound(bench, server);
    await inRepository(bench, server, damage());
    await refuses(["latest"], words);
  });

  test("a segment that is on another timeline", async () => {
    await makeSound(bench, server);
    const segment = segments.at(-2) ?? "";
    const archived = "pgbackrest --config=/var/lib/postgresql/backup/pgbackrest.conf --stanza=tenant";
    await shell(
      server.container,
      `${archived} --pg1-path=$PGDATA archive-get ${segment} /var/lib/postgresql/${segment}`,
    );
    await inRepository(bench, server, `rm archive/tenant/*/*/${segment}-*`);
    // The number of the timeline, at the start of the first page.
    await shell(
      server.container,
      `cd /var/lib/postgresql && printf '\\002' | dd of=${segment} bs=1 seek=4 conv=notrunc status=none
       ${archived} archive-push $PWD/${segment}; rm ${segment}`,
    );
    await refuses(["latest"], /unexpected timeline ID 2[\s\S]*could be read up to [0-9A-F/]+ only.* has it up to/);
  });

  test("a timeline that left before the backup", async () => {
    await makeSound(bench, server);
    await shell(
      server.container,
      `cd /var/lib/postgresql && printf '1\\t0/1000000\\tno recovery target specified\\n' >00000002.history
       pgbackrest --config=$PWD/backup/pgbackrest.conf --stanza=tenant archive-push $PWD/00000002.history; rm 00000002.history`,
    );
    await refuses(["latest"], /timeline 2 forked from backup timeline 1 .* before backup lsn/);
  });
});
