import { type Finished, succeed } from "../../../bench/support/execute.ts";
import { startBackedUp } from "../../e2e/support/backupBench.ts";
import { asSuperuser, type ImageBench } from "../../e2e/support/imageContainer.ts";
import { endScheduler } from "../../e2e/support/scheduler.ts";
import { limits } from "./tenantLimits.ts";

/** Longer than anything here takes, in seconds. */
const limit = 1500;

/** Runs a shell script in a container, for as long as it takes. */
export function inContainer(container: string, script: string): Promise<Finished> {
  return succeed("docker", ["exec", container, "sh", "-euc", script], { limit });
}

/** Runs SQL from standard input as the superuser, for as long as it takes. */
export function sqlIn(container: string, sql: string): Promise<Finished> {
  const psql = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"];
  return succeed("docker", ["exec", "--interactive", container, ...psql], { limit, input: sql });
}

/** Has a server archive, or count its segments as archived at once. */
export async function setArchiving(container: string, on: boolean): Promise<void> {
  const command = on ? "/usr/local/lib/pgtenants/pgbackrest-archive.sh %p" : "/bin/true";
  await asSuperuser(container, `ALTER SYSTEM SET archive_command = '${command}'`);
  await asSuperuser(container, "SELECT pg_reload_conf()");
}

/** A small tenant that holds so many bytes that no compression makes smaller, and archives. */
export async function startFilled(bench: ImageBench, bytes: number): ReturnType<typeof startBackedUp> {
  const server = await startBackedUp(bench, { run: limits });
  await endScheduler(server.container);
  await setArchiving(server.container, false);
  // Seven rows in a page of 8192 bytes.
  const rows = Math.floor((bytes / 8192) * 7);
  const digests = Array.from({ length: 16 }, (_, number) => `sha512(int8send(n * 16 + ${number}))`).join(" || ");
  await sqlIn(
    server.container,
    `CREATE TABLE filling (n bigint, noise bytea);
     INSERT INTO filling SELECT n, ${digests} FROM generate_series(1::bigint, ${rows}) AS n;
     CHECKPOINT;`,
  );
  await setArchiving(server.container, true);
  return server;
}

/** Seconds of processor time of a shell's children, out of what its `times` prints. @throws Error when it is of another form. */
export function processorSeconds(times: string): number {
  const line = /^(\d+)m([\d.]+)s (\d+)m([\d.]+)s\n(\d+)m([\d.]+)s (\d+)m([\d.]+)s$/m.exec(times);
  if (line === null) throw new Error(`not what times prints:\n${times}`);
  const [, , , , , userMinutes = 0, user = 0, systemMinutes = 0, system = 0] = line.map(Number);
  return 60 * (userMinutes + systemMinutes) + user + system;
}
