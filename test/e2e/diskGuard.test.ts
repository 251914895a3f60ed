import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { identity } from "./support/engine.ts";
import {
  answers,
  applySql,
  asSuperuser,
  exec,
  makeImageBench,
  overTcp,
  script,
  shell,
  until,
} from "./support/imageContainer.ts";
import { type Finished, outputOf, run } from "./support/shell.ts";

const bench = makeImageBench();
afterAll(() => bench.remove());

const tenantRole = "user=acme password=nobodys dbname=acme";
const setUp = "CREATE ROLE acme LOGIN PASSWORD 'nobodys'; CREATE DATABASE acme OWNER acme;";
const logOf = async (container: string) => (await run("docker", ["logs", container])).stderr;
const sqlOf = (container: string, sql: string) => overTcp(container, tenantRole, sql);
/** Without backups no WAL waits to be archived. */
const unarchived = { archive_command: "/bin/true" };
/** A server with a tenant and a quota in MiB. Little WAL, so that the figures of the tests are those of the data. */
async function tenantWith(quota: number, volume: string): Promise<string> {
  const container = await bench.start(volume, { max_wal_size: "32MB", min_wal_size: "32MB", ...unarchived });
  expect(await applySql(container, { readySeconds: 30, diskMiB: quota }, setUp)).toMatchObject({ code: 0 });
  return container;
}

/** What the guard says of the disk. */
async function state(container: string): Promise<Record<string, string>> {
  const text = await shell(container, "cat /run/postgresql/disk");
  return Object.fromEntries(text.split("\n").map((line) => line.split("=")));
}

const reaches = (container: string, tier: string) =>
  until(async () => (await state(container))["tier"] === tier, `the disk of ${container} is ${tier}`);

/** Makes the volume hold that many MiB, by a file that is not the tenant's. */
const fillTo = (container: string, size: number) =>
  shell(
    container,
    `cd /var/lib/postgresql && rm -f ballast && . /usr/local/lib/pgtenants/disk.sh &&
     fallocate --length "$((${size} * 1024 - $(disk_used)))KiB" ballast`,
  );

/** Begins a session of the tenant that does what `sql` says and then stays; resolves when it does, to how it ends. */
async function session(container: string, name: string, sql: string): Promise<{ end: Promise<Finished> }> {
  const end = sqlOf(container, `SET application_name = '${name}'; ${sql}; SELECT pg_sleep(60);`);
  await until(() => isOpen(container, name), `the session ${name} stays`);
  return { end };
}

const isOpen = async (container: string, name: string) =>
  (await asSuperuser(
    container,
    `SELECT count(*) FROM pg_stat_activity WHERE application_name = '${name}' AND query LIKE '%pg_sleep%'`,
  )) === "1";

describe("the tier of a disk", () => {
  const GiB = 1024 * 1024;
  test.each([
    ["ok", 10 * GiB, 10 * GiB, "ok"],
    ["ok", 2 * GiB + 1, 10 * GiB, "ok"],
    ["ok", 2 * GiB, 10 * GiB, "warning"],
    ["warning", 1 * GiB, 10 * GiB, "warning"],
    ["warning", 1 * GiB - 1, 10 * GiB, "read-only"],
    ["read-only", 2 * GiB, 10 * GiB, "read-only"],
    ["read-only", 2 * GiB + 1, 10 * GiB, "ok"],
    ["read-only", 0.5 * GiB - 1, 10 * GiB, "ending"],
    ["ending", 0.5 * GiB, 10 * GiB, "read-only"],
    ["ending", 0, 10 * GiB, "full"],
    ["full", 2 * GiB, 10 * GiB, "full"],
    ["full", 2 * GiB + 1, 10 * GiB, "ok"],
    ["ok", -1, 10 * GiB, "full"],
    ["ok", 1 * GiB, 1000 * GiB, "warning"],
    ["ok", 1 * GiB - 1, 1000 * GiB, "read-only"],
    ["read-only", 2 * GiB + 1, 1000 * GiB, "warning"],
    ["ok", 20_480, 204_800, "warning"],
    ["ok", 20_479, 204_800, "read-only"],
    ["ok", 10_239, 204_800, "ending"],
    ["read-only", 40_960, 204_800, "read-only"],
    ["read-only", 40_961, 204_800, "ok"],
  ])("that was %s and has %i KiB left of %i is %s", async (before, free, size, after) => {
    const disk = fileURLToPath(new URL("../../images/postgres/disk.sh", import.meta.url));
    const words = [before, String(free), String(size)];
    expect(await outputOf("sh", ["-euc", '. "$0"; tier_after "$@"', disk, ...words])).toBe(after);
  });
});

describe("a tenant with a quota", () => {
  test("is warned, cannot fill it, may free room by itself, and can write again", async () => {
    const container = await tenantWith(480, await bench.volume(800));
    await fillTo(container, 280);
    await sqlOf(container, "CREATE TABLE filling (text text)");
    const insert = (rows: number) =>
      sqlOf(container, `INSERT INTO filling SELECT repeat('x', 1000) FROM generate_series(1, ${rows})`);
    let last = await insert(90_000);
    // Slowly, as a small disk leaves the guard little room between its tiers.
    for (let i = 0; i < 200 && last.code === 0; i++) {
      last = await insert(1000);
      await sleep(100);
    }
    expect(last.stderr).toContain("cannot execute INSERT in a read-only transaction");

    const { tier, used_mib, limit_mib } = await state(container);
    expect([tier, limit_mib]).toEqual(["read-only", "480"]);
    // Locked below 48 MiB of room; the figure is rounded down.
    expect(Number(used_mib)).toBeGreaterThanOrEqual(432);
    expect(Number(used_mib)).toBeLessThanOrEqual(456);
    expect((await sqlOf(container, "SELECT count(*) > 90000 FROM filling")).stdout.trim()).toBe("t");
    const [warned, locked] = (await logOf(container)).match(/^pgtenants: disk .*/gm) ?? [];
    expect(warned).toMatch(
      /^pgtenants: disk warning, was ok: \d+ MiB used of 480 MiB, \d+ MiB free in the file system of 800 MiB$/,
    );
    expect(locked).toMatch(/^pgtenants: disk read-only, was warning: 4\d\d MiB used of 480 MiB/);

    expect(await sqlOf(container, "BEGIN READ WRITE; TRUNCATE filling; COMMIT")).toMatchObject({ code: 0 });
    await reaches(container, "ok");
    await until(async () => (await insert(1)).code === 0, "the tenant can write");
  });

  test("that goes on has its writing sessions ended, then all, and comes back with more room", async () => {
    const container = await tenantWith(200, await bench.volume(600));
    await sqlOf(container, "CREATE TABLE kept AS SELECT 1 AS i");
    const surprised = await session(container, "surprised", "BEGIN; INSERT INTO kept VALUES (2)");
    await fillTo(container, 185);
    await reaches(container, "read-only");
    expect((await surprised.end).stderr).toContain("terminating connection due to administrator command");

    const reading = await session(container, "reading", "SELECT i FROM kept");
    const writing = await session(container, "writing", "BEGIN READ WRITE; INSERT INTO kept VALUES (3)");
    await fillTo(container, 195);
    await reaches(container, "ending");
    expect((await writing.end).stderr).toContain("terminating connection due to administrator command");
    expect(await isOpen(container, "reading")).toBe(true);

    await fillTo(container, 205);
    await reaches(container, "full");
    expect((await reading.end).stderr).toContain("terminating connection due to administrator command");
    const rejected = await sqlOf(container, "SELECT 1");
    expect(rejected.stderr).toContain('pg_hba.conf rejects connection for host "127.0.0.1", user "acme"');
    expect(await asSuperuser(container, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'acme'")).toBe("0");

    expect(await applySql(container, { readySeconds: 30, diskMiB: 400 }, "SELECT 1")).toMatchObject({ code: 0 });
    await reaches(container, "ok");
    await until(async () => (await sqlOf(container, "INSERT INTO kept VALUES (4)")).code === 0, "the tenant can write");
    expect((await sqlOf(container, "SELECT i FROM kept")).stdout).toBe("1\n4\n");
  });
});

test("the guard outlives a reset of all settings, a restart of the container, and a want of processes", async () => {
  const volume = await bench.volume();
  // A restart begins a new WAL segment, as the last one is archived: with less room that would be the limit.
  const container = await tenantWith(400, volume);
  const readOnly = async () =>
    (await sqlOf(container, "CREATE TABLE denied ()")).stderr.includes("read-only transaction");
  await fillTo(container, 365);
  await until(readOnly, "the tenant is read-only");

  await exec(container, ["psql"], "ALTER SYSTEM RESET ALL; SELECT pg_reload_conf();");
  await until(async () => !(await readOnly()), "the reset is in force");
  await until(readOnly, "the tenant is read-only again");

  await outputOf("docker", ["restart", container]);
  await answers(container);
  expect(await readOnly()).toBe(true);

  const guard = await shell(container, "pgrep --exact guard.sh; stat --format=%Y /run/postgresql/disk");
  await outputOf("docker", ["update", "--pids-limit", "4", container]);
  await sleep(3000);
  await outputOf("docker", ["update", "--pids-limit", "128", container]);
  expect(await logOf(container)).toContain("Cannot fork");
  const [pid = "", seen = ""] = guard.split("\n");
  await until(
    async () => Number(await shell(container, "stat --format=%Y /run/postgresql/disk")) > Number(seen) + 3,
    "the guard looks again",
  );
  // A shell that could not go on is a sleeping perl for some seconds before it is a guard again.
  await until(
    async () => (await exec(container, ["pgrep", "--exact", "guard.sh"])).stdout.trim() === pid,
    "it is the same process",
  );
});

test("a file system that is full to the last block costs no acknowledged row, and nobody but its writers", async () => {
  const container = await bench.start(await bench.volume(300), unarchived);
  const before = await identity(container);
  expect(await applySql(container, { readySeconds: 30, diskMiB: 10_240 }, setUp)).toMatchObject({ code: 0 });
  await sqlOf(container, "CREATE TABLE ledger (i int, text text)");
  let acknowledged = 0;
  const insert = (i: number) =>
    sqlOf(container, `INSERT INTO ledger SELECT ${i}, repeat('x', 1000) FROM generate_series(1, 1000)`);
  const reserve = "test -e /var/lib/postgresql/disk-reserve";
  await until(async () => (await exec(container, ["sh", "-c", reserve])).code === 0, "there is a reserve");

  const fill = exec(container, ["sh", "-c", "head --bytes=1G /dev/zero >/var/lib/postgresql/ballast"]);
  let last = await insert(acknowledged);
  for (const end = Date.now() + 30_000; !last.stderr.includes("read-only transaction") && Date.now() < end; ) {
    if (last.code === 0) acknowledged++;
    last = await insert(acknowledged);
  }
  expect(last.stderr).toContain("cannot execute INSERT in a read-only transaction");
  expect((await fill).stderr).toContain("No space left on device");
  expect(await logOf(container)).toContain("pgtenants: disk reserve of 32 MiB given back");
  expect((await sqlOf(container, "SELECT count(DISTINCT i) FROM ledger")).stdout).toBe(`${acknowledged}\n`);

  await shell(container, "rm /var/lib/postgresql/ballast");
  await reaches(container, "ok");
  await until(async () => (await insert(acknowledged)).code === 0, "the tenant can write");
  await until(async () => (await exec(container, ["sh", "-c", reserve])).code === 0, "there is a reserve again");
  expect(await identity(container)).toBe(before);
});

describe("use.sh", () => {
  const use = async (container: string) => {
    const { stdout } = await script(container, "use.sh");
    return Object.fromEntries(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split("=")),
    );
  };

  test("counts data, sessions of clients, and memory that cannot be dropped", async () => {
    const container = await tenantWith(4096, await bench.volume());
    const before = await use(container);
    expect(before).toMatchObject({ connections: "0", disk_tier: "ok" });
    await session(container, "counted", "SELECT 1");
    await shell(container, "head --bytes=100M /dev/zero >/var/lib/postgresql/data && sync /var/lib/postgresql/data");
    const after = await use(container);
    expect(after["connections"]).toBe("1");
    expect(Number(after["disk_mib"]) - Number(before["disk_mib"])).toBeGreaterThanOrEqual(100);
    expect(Number(after["memory_mib"])).toBeGreaterThan(10);
    expect(Number(after["memory_mib"]) - Number(before["memory_mib"])).toBeLessThan(50);
  });

  test("reads the second version of control groups as well, and fails where no server answers", async () => {
    const folder = mkdtempSync(join(tmpdir(), "pgtenants-cgroup-"));
    try {
      chmodSync(folder, 0o755);
      writeFileSync(join(folder, "memory.current"), `${500 * 1024 * 1024}\n`);
      const files = `${100 * 1024 * 1024 - 1}`;
      writeFileSync(join(folder, "memory.stat"), `anon 7\ninactive_file ${files}\nactive_file ${files}\nfile 9\n`);
      const mount = ["--mount", `type=bind,source=${folder},target=/sys/fs/cgroup,readonly`];
      const container = await bench.runScript(await bench.volume(), "exec sleep 60", mount);
      const { code, stdout } = await script(container, "use.sh");
      expect(stdout).toMatch(/^memory_mib=301\ndisk_mib=\d+\ndisk_tier=unknown\n$/);
      expect(code).not.toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
