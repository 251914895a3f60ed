// Backups come by themselves, those that were missed too, never two at once; and a failure is told and tried again.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { archiveNow, type BackedUp, backUp, startBackedUp } from "../e2e/support/backupBench.ts";
import { answers, asSuperuser, makeImageBench, script, shell, until } from "../e2e/support/imageContainer.ts";
import { inRepository } from "../e2e/support/repositoryFiles.ts";
import { backupsOf, hasten, promptName, setClockBack } from "../e2e/support/scheduler.ts";
import { outputOf } from "../e2e/support/shell.ts";

const bench = makeImageBench();
afterAll(() => bench.remove());
const prompt = ["--hostname", promptName()];

/** The backups' types, oldest first. */
async function types({ container }: BackedUp): Promise<string> {
  return (await backupsOf(container)).backups.map(({ type }) => type).join(" ");
}

describe("the scheduler", () => {
  test("makes the first backup by itself", async () => {
    const server = await startBackedUp(bench, { run: prompt });
    expect(await types(server)).toBe("");
    await hasten(server.container);
    await until(async () => (await types(server)) === "full", "the first backup is made");
    await sleep(4000);
    expect(await types(server)).toBe("full");
    expect((await backupsOf(server.container)).failure).toBeUndefined();
  });

  test("makes it within a minute for a server that is at work", async () => {
    const server = await startBackedUp(bench, { run: ["--hostname", promptName("a minute")] });
    await asSuperuser(server.container, "CREATE TABLE work (id integer)");
    for (const id of [1, 2, 3, 4]) {
      await asSuperuser(server.container, `INSERT INTO work VALUES (${id})`);
      await archiveNow(server);
    }
    await hasten(server.container);
    await until(async () => (await types(server)) === "full", "the first backup is made");
  });

  test("makes one backup after a downtime in which several were missed", async () => {
    const server = await startBackedUp(bench, { run: prompt });
    await setClockBack(server.container, 20);
    expect(await backUp(server, "full")).toMatchObject({ code: 0 });
    await setClockBack(server.container, 0);
    await outputOf("docker", ["stop", server.container]);
    await outputOf("docker", ["start", server.container]);
    await answers(server.container);
    await hasten(server.container);
    await until(async () => (await types(server)) === "full full", "the missed backup is made");
    await sleep(6000);
    expect(await types(server)).toBe("full full");
  });

  test("tells a failure, waits before it tries again, longer each time, and goes on", {
    timeout: 180_000,
  }, async () => {
    const server = await startBackedUp(bench, { run: prompt });
    await asSuperuser(server.container, "CREATE TABLE work (id integer)");
    await archiveNow(server);
    await inRepository(bench, server, "chmod -R a-w backup");
    const starts = new Set<number>();
    await hasten(server.container);
    for (const attempts of [1, 2, 3]) {
      await until(async () => {
        const { failure } = await backupsOf(server.container);
        if (failure !== undefined) starts.add(failure.at.getTime());
        return starts.size === attempts;
      }, `${attempts} attempts have failed`);
    }
    const [first = 0, second = 0, third = 0] = starts;
    expect(second - first).toBeGreaterThanOrEqual(5000);
    expect(third - second).toBeGreaterThanOrEqual(10_000);
    expect((await backupsOf(server.container)).failure).toMatchObject({
      type: "full",
      said: expect.stringMatching(/ERROR/),
    });

    await inRepository(bench, server, "chmod -R u+w backup");
    await until(async () => (await backupsOf(server.container)).failure === undefined, "it has gone on");
  });

  test("a new schedule counts at once, and never means never", async () => {
    const backup = {
      enabled: true,
      full: "never",
      incremental: "never",
      timeZone: "UTC",
      keepDays: 14,
      archiveTimeoutSeconds: 60,
    };
    const server = await startBackedUp(bench, { run: prompt, plan: { backup } });
    await setClockBack(server.container, 20);
    expect(await backUp(server, "full")).toMatchObject({ code: 0 });
    await setClockBack(server.container, 0);
    await hasten(server.container);
    await sleep(5000);
    expect(await types(server)).toBe("full");
    const schedule = "/var/lib/postgresql/backup/schedule";
    await shell(server.container, `sed 's/^never$/* * * * */' ${schedule} >/tmp/new && cat /tmp/new >${schedule}`);
    await until(async () => (await types(server)) === "full full", "the new schedule counts");
  });
});

test("never two backups of a tenant at once", async () => {
  const server = await startBackedUp(bench);
  const both = await Promise.all([backUp(server, "full"), backUp(server, "full")]);
  expect(both.map(({ code }) => code).sort()).toEqual([0, 75]);
  expect(await types(server)).toBe("full");
});

describe("the next backup", () => {
  let container: string;
  beforeAll(async () => {
    container = await bench.runScript(await bench.volume(), "sleep 600");
  });

  interface Question {
    readonly name?: string;
    readonly full?: string;
    readonly incremental?: string;
    readonly zone?: string;
    /** Starts of full backups, and of incremental ones. */
    readonly fulls?: readonly string[];
    readonly incrementals?: readonly string[];
    readonly since?: string;
    readonly started?: string;
    readonly segments?: number;
    readonly now: string;
  }
  const seconds = (time: string) => Date.parse(time) / 1000;

  /** What next-backup.pl says, with the time in place of the seconds. */
  async function next(question: Question): Promise<string> {
    const {
      name = promptName(),
      full = "0 2 * * 0",
      incremental = "never",
      zone = "UTC",
      segments = 0,
      now,
    } = question;
    const { fulls = [], incrementals = [], since = now, started = "2026-01-01T00:00Z" } = question;
    const backup = [
      ...fulls.map((start) => ({ type: "full", timestamp: { start: seconds(start) } })),
      ...incrementals.map((start) => ({ type: "incr", timestamp: { start: seconds(start) } })),
    ];
    const args = [name, ...[since, started].map((time) => `${seconds(time)}`), `${segments}`, `${seconds(now)}`];
    const input = [full, incremental, zone, JSON.stringify([{ name: "tenant", backup }])].join("\n");
    const { code, stdout, stderr } = await script(container, "next-backup.pl", args, input);
    expect(code, stderr).toBe(0);
    const [type = "", wait = ""] = stdout.trim().split(" ");
    if (type === "none") return stdout.trim();
    // The name's own second is one of the first two.
    const minute = Math.floor((seconds(now) + Number(wait)) / 60) * 60;
    return `${type} ${new Date(minute * 1000).toISOString().slice(0, 16)}Z`;
  }

  const daily = "30 2 * * *";
  const berlin = { full: daily, zone: "Europe/Berlin" };
  test.each<[string, Question, string | RegExp]>([
    [
      "is the schedule's next one",
      { fulls: ["2026-06-01T12:00Z"], now: "2026-06-01T13:00Z" },
      "full 2026-06-07T02:00Z",
    ],
    ["is a missed one, now", { fulls: ["2026-05-01T12:00Z"], now: "2026-06-01T13:00Z" }, "full 2026-06-01T13:00Z"],
    [
      "is a missed one, after the start",
      { fulls: ["2026-05-01T12:00Z"], started: "2026-06-01T13:00Z", now: "2026-06-01T13:00Z" },
      "full 2026-06-01T13:00Z",
    ],
    [
      "is an incremental one between two full ones",
      { incremental: daily, fulls: ["2026-06-01T12:00Z"], now: "2026-06-01T13:00Z" },
      "incr 2026-06-02T02:30Z",
    ],
    [
      "is a full one where both were missed",
      {
        incremental: daily,
        fulls: ["2026-05-01T12:00Z"],
        incrementals: ["2026-05-02T02:30Z"],
        now: "2026-06-01T13:00Z",
      },
      "full 2026-06-01T13:00Z",
    ],
    [
      "is asked for again in an hour where there is none",
      { full: "never", fulls: ["2026-05-01T12:00Z"], now: "2026-06-01T13:00Z" },
      "none 3600",
    ],
    [
      "is the first one, also where none is on schedule",
      { full: "never", since: "2026-06-01T12:00Z", now: "2026-06-01T13:00Z" },
      "full 2026-06-01T13:00Z",
    ],
    // 02:30 does not come on that day.
    [
      "when summer time begins",
      { ...berlin, fulls: ["2026-03-28T01:30Z"], now: "2026-03-28T12:00Z" },
      "full 2026-03-29T01:30Z",
    ],
    [
      "after summer time began",
      { ...berlin, fulls: ["2026-03-29T01:30Z"], now: "2026-03-29T01:40Z" },
      "full 2026-03-30T00:30Z",
    ],
    // 02:30 comes twice on that day.
    [
      "when summer time ends",
      { ...berlin, fulls: ["2026-10-24T00:30Z"], now: "2026-10-24T12:00Z" },
      /^full 2026-10-25T0[01]:30Z$/,
    ],
    [
      "after the second of both",
      { ...berlin, fulls: ["2026-10-25T01:30Z"], now: "2026-10-25T01:40Z" },
      "full 2026-10-26T01:30Z",
    ],
    [
      "in the hour that comes twice",
      { ...berlin, fulls: ["2026-10-25T00:30Z"], now: "2026-10-25T01:10Z" },
      "full 2026-10-26T01:30Z",
    ],
    [
      "in the hour that comes twice, more often",
      { ...berlin, full: "*/30 * * * *", fulls: ["2026-10-25T01:10Z"], now: "2026-10-25T01:10Z" },
      "full 2026-10-25T01:30Z",
    ],
  ])("%s", async (_, question, expected) => {
    expect(await next(question)).toMatch(expected);
  });

  test("of a hundred tenants that were made at once: their first ones are spread", async () => {
    const ask = (name: string, segments: number, after: number) =>
      `printf '0 2 * * 0\\nnever\\nUTC\\n[{"name":"tenant"}]' | /usr/local/lib/pgtenants/next-backup.pl ${name} 1000000 1000000 ${segments} $((1000000 + ${after}))`;
    // How many of them have their first one within the first minute, and of those at work.
    const begun = await shell(
      container,
      `for i in $(seq 1 100); do ${ask("tenant-$i", 0, 60)}; done | grep -c full || true
       for i in $(seq 1 20); do ${ask("tenant-$i", 4, 60)}; done | grep -c full || true
       for i in $(seq 1 20); do ${ask("tenant-$i", 0, 600)}; done | grep -c full || true`,
    );
    const [new100 = 0, atWork20 = 0, later20 = 0] = begun.split("\n").map(Number);
    expect(new100).toBeGreaterThan(3);
    expect(new100).toBeLessThan(20);
    expect([atWork20, later20]).toEqual([20, 20]);
  });
});
