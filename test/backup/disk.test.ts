// WAL that cannot be archived fills the tenant's disk: the disk guard makes the tenant read-only before that, and writable again afterwards.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { parseBackups } from "../../cli/pgt/backups.ts";
import { backUp, startBackedUp } from "../e2e/support/backupBench.ts";
import { asSuperuser, exec, makeImageBench, script } from "../e2e/support/imageContainer.ts";
import { inRepository } from "../e2e/support/repositoryFiles.ts";

const bench = makeImageBench();
afterAll(() => bench.remove());

const diskMiB = 512;

test("until the archive is back", async ({ task }) => {
  const server = await startBackedUp(bench, { plan: { diskMiB } });
  const { container } = server;
  await asSuperuser(container, "CREATE TABLE work (noise bytea)");
  expect(await backUp(server, "full")).toMatchObject({ code: 0 });
  await inRepository(bench, server, "chmod -R a-w .");

  const rows: string[][] = [];
  const note = async (what: string) => {
    const use = (await script(container, "use.sh")).stdout;
    const { waiting, failing } = parseBackups((await script(container, "backups.sh")).stdout).archiving;
    const [, tier = ""] = /^disk_tier=(.*)$/m.exec(use) ?? [];
    const [, used = ""] = /^disk_mib=(.*)$/m.exec(use) ?? [];
    rows.push([what, `${used} MiB`, tier, `${waiting}${failing ? ", failing" : ""}`]);
    return { tier, waiting };
  };
  // Written and thrown away again: what grows is WAL.
  const write =
    "INSERT INTO work SELECT sha512(int8send(n)) FROM generate_series(1, 20000) AS n; TRUNCATE work; SELECT pg_switch_wal()";
  const written = async () =>
    (
      await exec(container, [
        "psql",
        "--no-psqlrc",
        "--set=ON_ERROR_STOP=1",
        "--quiet",
        "--output=/dev/null",
        "--command",
        write,
      ])
    ).stderr;
  await note("when the archive goes");
  let refusal = "";
  for (let round = 0; round < 60 && refusal === ""; round += 1) {
    refusal = await written();
    await sleep(500);
  }
  expect(refusal).toMatch(/read-only transaction/);
  const locked = await note("when the tenant cannot write any more");
  expect(locked.waiting).toBeGreaterThan(10);
  expect(["read-only", "ending", "full"]).toContain(locked.tier);
  expect(await asSuperuser(container, "SELECT count(*) FROM work")).toMatch(/^\d+$/);

  await inRepository(bench, server, "chmod -R u+w .");
  const begun = Date.now();
  while ((await written()) !== "") {
    expect(Date.now() - begun, "it can write again").toBeLessThan(420_000);
    await sleep(2000);
  }
  const seconds = Math.round((Date.now() - begun) / 1000);
  await note(`when it can write again, ${seconds} s after the archive was back`);
  task.meta.chapter = {
    name: "disk",
    before: `A tenant with a disk of ${diskMiB} MB writes, and nothing can be archived. WAL that waits counts as the tenant's, so the disk guard acts before the disk is full.`,
    header: ["", "used", "the guard's tier", "segments that wait"],
    rows,
    after: "Reading goes on all the time. Nothing of the WAL is ever thrown away unsaved.",
  };
});
