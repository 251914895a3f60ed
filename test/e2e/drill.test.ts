// A drill finds what is wrong with a backup, and nothing where nothing is; without Pulumi.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compareCounts, parseCounts, parseLooked, verdictOf } from "../../cli/pgt/drillReport.ts";
import { type BackedUp, backUp, configOf, repositoryMount, startBackedUp } from "./support/backupBench.ts";
import { asSuperuser, makeImageBench, script, shell } from "./support/imageContainer.ts";
import { outputOf } from "./support/shell.ts";

const bench = makeImageBench();
afterAll(() => bench.remove());

let server: BackedUp;

const countsOf = async () => parseCounts((await script(server.container, "counts.sh")).stdout);
const archived = async () => (await script(server.container, "drill-mark.sh")).stdout.trim();
const path = (relation: string) =>
  asSuperuser(
    server.container,
    `SELECT current_setting('data_directory') || '/' || pg_relation_filepath('${relation}')`,
  );

/** What a drill up to a position finds; the volume is thrown away. */
async function drill(position: string, key = server.key) {
  const volume = await bench.volume();
  try {
    const mounts = [
      ...["--mount", `type=volume,source=${volume},target=/var/lib/postgresql`],
      ...repositoryMount(server.repository, "readonly"),
    ];
    const args = ["16MB", "lsn", position];
    const { code, stdout, stderr } = await bench.runOnce("drill.sh", args, mounts, configOf({ key }));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return parseLooked(stdout);
  } finally {
    await outputOf("docker", ["volume", "rm", "--force", volume]);
  }
}

const levels = ({ checks }: Awaited<ReturnType<typeof drill>>) =>
  Object.fromEntries(checks.map(({ check, level }) => [check, level]));
const allWell = { restore: "ok", checksums: "ok", start: "ok", amcheck: "ok", count: "ok" };

/** Changes bytes in the middle of the newest file below a folder of the repository, which is mounted beside. */
async function damage(where: string): Promise<void> {
  await shell(
    server.container,
    `cd "$(sed -n s/^repo1-path=//p /var/lib/postgresql/backup/pgbackrest.conf)"
     file=$(find ${where} -type f -printf '%T@ %p\\n' | sort -n | tail -n 1 | cut -d ' ' -f 2)
     cp -p "$file" /var/lib/postgresql/undamaged
     echo "$PWD/$file" >/var/lib/postgresql/damaged
     chmod u+w "$file"
     head -c 64 /dev/urandom | dd of="$file" bs=1 seek=$(($(stat -c %s "$file") / 2)) conv=notrunc status=none`,
  );
}
const mend = () => shell(server.container, 'cp /var/lib/postgresql/undamaged "$(cat /var/lib/postgresql/damaged)"');

beforeAll(async () => {
  server = await startBackedUp(bench);
  await asSuperuser(
    server.container,
    "CREATE TABLE public.ledger WITH (autovacuum_enabled = off) AS SELECT generate_series(1, 20000) AS id; ",
  );
  await asSuperuser(server.container, "CREATE INDEX ON ledger (id)");
  await asSuperuser(server.container, "CREATE UNLOGGED TABLE public.scratch AS SELECT 1 AS one");
  await asSuperuser(server.container, 'CREATE DATABASE "a=b ""c"""');
  expect(await backUp(server, "full")).toMatchObject({ code: 0 });
});

test("all is well: what was there before and after is what came back", async () => {
  await asSuperuser(server.container, "INSERT INTO ledger VALUES (20001)");
  const before = await countsOf();
  const position = await archived();
  await asSuperuser(server.container, "INSERT INTO ledger VALUES (20002)");
  const after = await countsOf();
  const looked = await drill(position);
  expect(levels(looked)).toEqual(allWell);
  expect(looked.counts.get("postgres")?.get("public.ledger")).toBe(20_001);
  expect(looked.counts.get("postgres")?.has("public.scratch")).toBe(false);
  expect([...looked.counts.keys()].sort()).toEqual(['a=b "c"', "acme", "postgres"]);
  expect(compareCounts(before, looked.counts, after)).toMatchObject({ level: "ok" });
  expect(looked.bytes).toBeGreaterThan(20 * 2 ** 20);
  await asSuperuser(server.container, "DELETE FROM ledger WHERE id > 20000");
});

test("the result is kept where backups.sh tells it", async () => {
  const record = { at: 1, verdict: "good", backup: "b", backupEnded: 1, reached: 1, seconds: 1, bytes: 1, reasons: [] };
  expect(await script(server.container, "drill-record.sh", [], JSON.stringify(record))).toMatchObject({ code: 0 });
  expect(await script(server.container, "drill-record.sh", [], "no JSON")).not.toMatchObject({ code: 0 });
  const { stdout } = await script(server.container, "backups.sh");
  expect(JSON.parse(stdout)).toMatchObject({ drill: record, inPlace: null });
});

describe("the repository is damaged", () => {
  test.each([
    ["a backup", "backup/tenant/*F/bundle"],
    ["a segment of the log", "archive/tenant/18-1"],
  ])("%s", async (_, where) => {
    const position = await archived();
    await damage(where);
    try {
      const looked = await drill(position);
      expect(levels(looked)).not.toEqual(allWell);
      expect(verdictOf(looked.checks)).toBe("bad");
    } finally {
      await mend();
    }
    expect(levels(await drill(position))).toEqual(allWell);
  });

  test("or opened with the wrong key", async () => {
    const looked = await drill(await archived(), "0".repeat(48));
    expect(levels(looked)).toEqual({ restore: "error" });
  });
});

test("an index that does not lead to its rows, whose pages are whole", async () => {
  await asSuperuser(
    server.container,
    "CREATE FUNCTION twist(integer) RETURNS integer IMMUTABLE LANGUAGE sql RETURN $1",
  );
  await asSuperuser(server.container, "CREATE TABLE twisted AS SELECT generate_series(1, 100) AS id");
  await asSuperuser(server.container, "CREATE INDEX ON twisted (twist(id))");
  await asSuperuser(
    server.container,
    "CREATE OR REPLACE FUNCTION twist(integer) RETURNS integer IMMUTABLE LANGUAGE sql RETURN -$1",
  );
  const looked = await drill(await archived());
  expect(levels(looked)).toEqual({ ...allWell, amcheck: "error" });
  await asSuperuser(server.container, "DROP TABLE twisted; ");
});

test("a page of a table that was damaged on the disk before its backup, though the server still has it in memory", async () => {
  const file = await path("ledger");
  // In memory, and with nothing to be written any more: a reader leaves hints in the pages.
  await asSuperuser(server.container, "SELECT count(*) FROM ledger");
  await asSuperuser(server.container, "CHECKPOINT");
  await shell(server.container, `head -c 64 /dev/urandom | dd of='${file}' bs=1 seek=12000 conv=notrunc status=none`);
  expect(await asSuperuser(server.container, "SELECT count(*) FROM ledger")).toBe("20000");
  expect(await backUp(server, "full")).toMatchObject({ stderr: expect.stringContaining("invalid page checksum") });
  // That one cannot be brought back: the one before it is, with all that was written since.
  expect(levels(await drill(await archived()))).toEqual(allWell);

  // And where pgBackRest had not seen it.
  const unseen =
    "pgbackrest --config=/var/lib/postgresql/backup/pgbackrest.conf --stanza=tenant --type=full --no-checksum-page backup";
  await shell(server.container, unseen);
  const looked = await drill(await archived());
  expect(levels(looked)).toMatchObject({ restore: "ok", checksums: "error" });
  expect(looked.checks.find(({ check }) => check === "checksums")?.found).toContain("bad checksums: 1");
  expect(verdictOf(looked.checks)).toBe("bad");
});
