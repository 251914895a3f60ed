// A restore in place: the past in the live cluster's place, back again, and every moment of every history from the backups; without Pulumi.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apply, archiveNow, type BackedUp, backUp, restore, startBackedUp } from "../e2e/support/backupBench.ts";
import { inspect } from "../e2e/support/engine.ts";
import { answers, asSuperuser, makeImageBench, script, shell } from "../e2e/support/imageContainer.ts";
import { fillBeside, identifier, look, step, swap, swapEnds } from "../e2e/support/inPlaceBench.ts";
import { outputOf, run } from "../e2e/support/shell.ts";

const bench = makeImageBench();
afterAll(() => bench.remove());

let server: BackedUp;
const times = new Map<number, string>();
const rows = "SELECT coalesce(string_agg(id::text, ' ' ORDER BY id), '') FROM ledger";
const liveRows = async () => (await asSuperuser(server.container, rows)).trim();

/** A row, and a moment in which it is the last one. */
async function write(id: number): Promise<void> {
  await asSuperuser(server.container, `INSERT INTO ledger VALUES (${id})`);
  const time = (await asSuperuser(server.container, "SELECT pg_sleep(0.2); SELECT clock_timestamp()")).trim();
  times.set(id, time.split("\n").at(-1) ?? "");
  await sleep(200);
}

/** The rows that a restore into a new volume brings back. */
async function restored(...target: readonly string[]): Promise<string> {
  const { volume, finished } = await restore(bench, server, target);
  if (finished.code !== 0) return finished.stderr;
  const container = await bench.start(volume);
  try {
    return (await asSuperuser(container, rows)).trim();
  } finally {
    await outputOf("docker", ["rm", "--force", "--volumes", container]);
  }
}

const after = (id: number) => ["time", times.get(id) ?? "never"];
const verifier = () => asSuperuser(server.container, "SELECT rolpassword FROM pg_authid WHERE rolname = 'acme'");
const histories = () =>
  shell(
    server.container,
    'ls -d "$(sed -n s/^repo1-path=//p /var/lib/postgresql/backup/pgbackrest.conf)"/archive/tenant/18-*',
  );
const due = () =>
  shell(
    server.container,
    "cd /usr/local/lib/pgtenants; . ./backup-common.sh; { tail -n +2 $schedule; pgbackrest_here --output=json info; } | ./next-backup.pl",
  );

beforeAll(async () => {
  server = await startBackedUp(bench);
  await asSuperuser(server.container, "CREATE TABLE ledger (id integer PRIMARY KEY)");
  await asSuperuser(server.container, "ALTER ROLE acme PASSWORD 'of-the-past'");
  await write(1);
  expect(await backUp(server, "full")).toMatchObject({ code: 0 });
  // pgBackRest chooses a backup by whole seconds.
  await sleep(2000);
  await write(2);
  await write(3);
  // What a deployment does: another password than that of the past.
  await apply(server);
});

test("the past comes into the live one's place, with the passwords of now, in the same container", async () => {
  const [id, password, old] = [await inspect(server.container, "{{.Id}}"), await verifier(), await identifier(server)];
  expect(await script(server.container, "in-place.sh", ["ready", "1000000"])).toMatchObject({ code: 0 });
  expect(await script(server.container, "archive-now.sh", ["time"])).toMatchObject({ code: 0 });
  expect(await fillBeside(bench, server, after(2))).toMatchObject({ code: 0 });
  expect(await liveRows()).toBe("1 2 3");
  expect(await swap(server, "a time")).toMatchObject({ outcome: "done", what: "a time" });

  expect(await liveRows()).toBe("1 2");
  expect(await verifier()).toBe(password);
  expect(await inspect(server.container, "{{.Id}}")).toBe(id);
  expect(await identifier(server)).not.toBe(old);
  const { replaced } = await look(server);
  expect(await identifier(server, replaced.split("/").at(-1))).toBe(old);
});

test("what was replaced is not the tenant's to pay for, and stands in the way of another restore", async () => {
  const [used, whole] = [
    await script(server.container, "use.sh"),
    await shell(server.container, "du -sm /var/lib/postgresql | cut -f 1"),
  ];
  expect(Number(/^disk_mib=(\d+)$/m.exec(used.stdout)?.[1])).toBeLessThan(Number(whole) - 30);
  const refused = await script(server.container, "in-place.sh", ["ready", "1000000"]);
  expect(refused).toMatchObject({ code: 78, stderr: expect.stringContaining("accept or undo that restore first") });
});

test("its log is a history of its own, and it has a full backup of its own at once", async () => {
  await write(4);
  await archiveNow(server);
  expect(await due()).toBe("full 0");
  await step(server, "settle");
  expect(await due()).toMatch(/^incr [1-9]/);
  expect(await histories()).toMatch(/18-1\n.*18-2$/);
  await sleep(2000);
  await write(5);
  await write(8);
  await archiveNow(server);
});

test("moments before and after it come back, each of its own history", async () => {
  expect(await restored(...after(2))).toBe("1 2");
  expect(await restored(...after(3))).toBe("1 2 3");
  expect(await restored(...after(4))).toContain("recovery ended before configured recovery target was reached");
  expect(await restored(...after(5))).toBe("1 2 4 5");
  expect(await restored("latest")).toBe("1 2 4 5 8");
});

test("it is undone: the rows are back, and backups of all three histories are good", async () => {
  const { replaced } = await look(server);
  expect(await swap(server, "undo", replaced)).toMatchObject({ outcome: "done", what: "undo" });
  expect(await liveRows()).toBe("1 2 3");
  await step(server, "settle");
  await sleep(2000);
  await write(6);
  await archiveNow(server);
  expect(await histories()).toMatch(/18-1\n.*18-2\n.*18-3$/);
  expect(await restored("latest")).toBe("1 2 3 6");
  expect(await restored(...after(5))).toBe("1 2 4 5");
  expect(await restored(...after(2))).toBe("1 2");
});

test("it is accepted: what was replaced is gone, and the way is free", async () => {
  await step(server, "accept");
  expect((await look(server)).replaced).toBe("");
  expect(await script(server.container, "in-place.sh", ["ready", "1000000"])).toMatchObject({ code: 0 });
  expect(await liveRows()).toBe("1 2 3 6");
});

test("all that was written comes back with latest, though nothing of it was archived", async () => {
  await write(7);
  const old = await identifier(server);
  expect(await swap(server, "latest", "latest")).toMatchObject({ outcome: "done" });
  expect(await liveRows()).toBe("1 2 3 6 7");
  expect(await identifier(server)).not.toBe(old);
  await step(server, "settle");
  await step(server, "accept");
});

test("without room it does not begin", async () => {
  const refused = await script(server.container, "in-place.sh", ["ready", String(2 ** 50)]);
  expect(refused).toMatchObject({ code: 78, stderr: expect.stringContaining("must stay free") });
});

describe("whenever it is cut off, a whole cluster runs", () => {
  const here = async () => {
    expect(await script(server.container, "archive-now.sh", ["latest"])).toMatchObject({ code: 0 });
    return await fillBeside(bench, server, ["latest"]);
  };
  const restart = () => outputOf("docker", ["restart", server.container]);

  test("while the second one is filled", async () => {
    const name = `${server.container}_killed`;
    const filling = run("docker", [
      ...[
        "run",
        "--name",
        name,
        "--rm",
        "--label",
        `dev.pgtenants.stack=${await inspect(server.container, '{{index .Config.Labels "dev.pgtenants.stack"}}')}`,
      ],
      ...[
        "--user",
        "999:999",
        "--network",
        "none",
        "--mount",
        `type=volume,source=${server.volume},target=/var/lib/postgresql`,
      ],
      ...["--mount", `type=volume,source=${server.repository},target=/var/lib/pgbackrest,readonly`],
      ...[
        "--entrypoint",
        "/usr/local/lib/pgtenants/in-place.sh",
        await inspect(server.container, "{{.Config.Image}}"),
        "fill",
        "latest",
      ],
    ]);
    await shell(
      server.container,
      "until [ -e /var/lib/postgresql/18/docker.next.partial/global ]; do sleep 0.05; done",
    );
    expect(await script(server.container, "in-place.sh", ["clean"])).toMatchObject({ code: 78 });
    await outputOf("docker", ["kill", name]);
    await filling;
    await restart();
    await answers(server.container);
    expect(await liveRows()).toBe("1 2 3 6 7");
    await step(server, "clean");
    expect(await shell(server.container, "ls /var/lib/postgresql/18")).toBe("docker");
  });

  test("after it was asked for, and then forgotten", async () => {
    expect(await here()).toMatchObject({ code: 0 });
    const old = await identifier(server);
    await step(server, "ask", "a forgotten one");
    await shell(server.container, "cd /var/lib/postgresql/backup; sed -i 's/^[0-9]*/1000/' swap");
    await restart();
    expect(await swapEnds(server)).toMatchObject({ outcome: "refused", said: "it was asked for too long ago" });
    expect(await identifier(server)).toBe(old);
    expect(await liveRows()).toBe("1 2 3 6 7");
  });

  test("by a cluster on which no server starts", async () => {
    expect(await here()).toMatchObject({ code: 0 });
    const old = await identifier(server);
    await shell(server.container, "rm /var/lib/postgresql/18/docker.next/global/pg_filenode.map");
    expect(await swap(server, "a broken one")).toMatchObject({
      outcome: "refused",
      said: expect.stringContaining("pg_filenode.map"),
    });
    expect(await identifier(server)).toBe(old);
    expect(await liveRows()).toBe("1 2 3 6 7");
  });

  test("at any moment of the swap", async () => {
    for (const milliseconds of [0, 60, 120, 200, 300, 450, 600, 900]) {
      expect(await here()).toMatchObject({ code: 0 });
      const [old, made] = [await identifier(server), await identifier(server, "docker.next")];
      await step(server, "ask", `killed after ${milliseconds} ms`);
      await outputOf("docker", ["stop", server.container]);
      await outputOf("docker", ["start", server.container]);
      await sleep(milliseconds);
      await outputOf("docker", ["kill", server.container]);
      await outputOf("docker", ["start", server.container]);
      expect(await swapEnds(server)).toMatchObject({ outcome: "done", what: `killed after ${milliseconds} ms` });
      expect(await liveRows()).toBe("1 2 3 6 7");
      expect(await identifier(server)).toBe(made);
      const { replaced } = await look(server);
      expect(await identifier(server, replaced.split("/").at(-1))).toBe(old);
      await step(server, "settle");
      await step(server, "accept");
    }
  }, 300_000);
});
