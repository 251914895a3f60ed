// How long a backup and a restore take by size, and what bounds them.
import { loadavg } from "node:os";
import { afterAll, expect, test } from "vitest";
import { figure } from "../../bench/render/markdown.ts";
import { execute } from "../../bench/support/execute.ts";
import { postgresImageTag } from "../../components/images.ts";
import { type BackedUp, configOf, repositoryMount } from "../e2e/support/backupBench.ts";
import { asSuperuser, makeImageBench } from "../e2e/support/imageContainer.ts";
import { inRepository } from "../e2e/support/repositoryFiles.ts";
import { outputOf } from "../e2e/support/shell.ts";
import { inContainer, processorSeconds, sqlIn, startFilled } from "./support/inContainer.ts";
import { limits } from "./support/tenantLimits.ts";

const bench = makeImageBench();
afterAll(() => bench.remove());

const scripts = "/usr/local/lib/pgtenants";
const gigabyte = 2 ** 30;

/** What took how long, and how much of that a processor worked. */
interface Timed {
  readonly seconds: number;
  readonly processor: number;
}

async function backUp({ container }: BackedUp, type: "full" | "incr"): Promise<Timed> {
  const { seconds, stdout } = await inContainer(container, `${scripts}/backup.sh ${type}; times`);
  return { seconds, processor: processorSeconds(stdout) };
}

/** Restores into a new volume in a container with the tenant's limits, as the program does. */
async function restore({ repository, key }: BackedUp): Promise<Timed & { readonly volume: string }> {
  const volume = await bench.volume();
  const { code, seconds, stdout, stderr } = await execute(
    "docker",
    [
      ...["run", "--rm", "--interactive", "--network", "none", "--user", "999:999", ...limits],
      ...["--tmpfs", "/run/postgresql:rw,size=1m,uid=999,gid=999,mode=0700", "--tmpfs", "/tmp:rw,size=64m"],
      ...["--mount", `type=volume,source=${volume},target=/var/lib/postgresql`],
      ...repositoryMount(repository, "readonly"),
      ...["--entrypoint", "sh", postgresImageTag(), "-euc", `${scripts}/restore.sh latest; times`],
    ],
    { input: configOf({ key }), limit: 1500 },
  );
  expect(code, stderr).toBe(0);
  return { volume, seconds, processor: processorSeconds(stdout) };
}

/** Bytes of all backups of a repository, its WAL not included. */
async function repositoryBytes(server: BackedUp): Promise<number> {
  return Number(await inRepository(bench, server, "du --summarize --block-size=1 backup | cut -f 1"));
}

/** A row of the table for a tenant of that size. */
async function measure(bytes: number): Promise<string[]> {
  const server = await startFilled(bench, bytes);
  const { container } = server;
  const size = Number((await inContainer(container, "du --summarize --block-size=1 $PGDATA/base | cut -f 1")).stdout);
  const full = await backUp(server, "full");
  const fullBytes = await repositoryBytes(server);
  // One row in a hundred, in as many pages as there are.
  await sqlIn(container, "UPDATE filling SET n = -n WHERE n % 100 = 0; CHECKPOINT;");
  const incremental = await backUp(server, "incr");
  const incrementalBytes = (await repositoryBytes(server)) - fullBytes;
  const rows = await asSuperuser(container, "SELECT count(*), sum(n) FROM filling");
  await outputOf("docker", ["stop", container]);
  await outputOf("docker", ["rm", "--volumes", container]);
  await outputOf("docker", ["volume", "rm", server.volume]);

  const { volume, ...restored } = await restore(server);
  const back = await bench.start(volume, {}, limits);
  expect(await asSuperuser(back, "SELECT count(*), sum(n) FROM filling")).toBe(rows);
  await outputOf("docker", ["rm", "--force", "--volumes", back]);
  await outputOf("docker", ["volume", "rm", volume, server.repository]);
  const busy = ({ seconds, processor }: Timed) =>
    `${figure(seconds, 1)} s, ${Math.round((100 * processor) / seconds)} %`;
  return [
    `${figure(size / gigabyte, 1)} GiB`,
    busy(full),
    figure(fullBytes / size),
    busy(incremental),
    figure(incrementalBytes / size),
    busy(restored),
    `${figure(size / 2 ** 20 / restored.seconds, 0)} MiB/s`,
  ];
}

test("by size", async ({ task }) => {
  const rows: string[][] = [];
  for (const gigabytes of [0.1, 1, 5]) rows.push(await measure(gigabytes * gigabyte));
  task.meta.chapter = {
    name: "restore",
    before:
      "A tenant filled with bytes that cannot be compressed: the worst case for time and room. A full backup is read back before it counts, which its " +
      "time includes. The incremental one is made after one row in a hundred was changed, all over the table, which is the worst case too: of nearly every block " +
      "that pgBackRest compares something is new. The restore is of both, to `latest`. The share is how much of the time one processor worked for it: at 100 % the " +
      "processor is the bound; below, the time was spent waiting for the disk, or for processors that others had.",
    header: ["size", "full backup", "room/size", "incremental", "room/size", "restore", "restored"],
    rows,
    after: `The machine had other work before the end: a load of ${loadavg()
      .map((load) => figure(load, 1))
      .join(", ")} in the last 1, 5 and 15 minutes.`,
  };
});
