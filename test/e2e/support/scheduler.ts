import { createHash } from "node:crypto";
import { type Backups, parseBackups } from "../../../cli/pgt/backups.ts";
import { asSuperuser, script, shell } from "./imageContainer.ts";
import { outputOf } from "./shell.ts";

/** A name whose own second is one of the first two, within a minute, ten minutes and an hour; or within a minute only. */
export function promptName(within: "an hour" | "a minute" = "an hour"): string {
  for (let number = 0; ; number += 1) {
    const name = `tenant-${number}`;
    const drawn = createHash("md5").update(name).digest().readUInt32BE(0);
    if (within === "an hour" ? drawn % 3600 < 2 : drawn % 60 < 2 && drawn % 600 > 300) return name;
  }
}

/** Ends a container's scheduler, so that no backup is made but those that are asked for. */
export async function endScheduler(container: string): Promise<void> {
  await shell(
    container,
    `for process in /proc/[0-9]*; do
       case $(tr '\\0' ' ' <"$process/cmdline" 2>/dev/null) in
         */schedule.sh\\ *) kill -KILL "\${process#/proc/}" ;;
       esac
     done`,
  );
}

/** Runs a container's scheduler with ticks of a second, and no longer of a minute. */
export async function hasten(container: string): Promise<void> {
  await endScheduler(container);
  await outputOf("docker", ["exec", "--detach", container, "/usr/local/lib/pgtenants/schedule.sh", "1"]);
}

/** What a container says of its backups. */
export async function backupsOf(container: string): Promise<Backups> {
  const { code, stdout, stderr } = await script(container, "backups.sh");
  if (code !== 0) throw new Error(stderr);
  return parseBackups(stdout);
}

/**
 * Sets back the clock that backups are labelled by, by so many days; the next call may only set it back less. pgBackRest asks the server for the
 * time of a backup, so the server's function is what is replaced; what is old by it is old to the schedule and to the retention.
 */
export async function setClockBack(container: string, days: number): Promise<void> {
  await asSuperuser(
    container,
    `DO $$ BEGIN
       IF to_regproc('pg_catalog.clock_timestamp_now') IS NULL THEN
         ALTER FUNCTION pg_catalog.clock_timestamp() RENAME TO clock_timestamp_now;
       END IF;
     END $$`,
  );
  await asSuperuser(
    container,
    `CREATE OR REPLACE FUNCTION pg_catalog.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
     RETURN pg_catalog.clock_timestamp_now() - make_interval(days => ${days})`,
  );
}
