import * as z from "zod";
import { longestGapHours } from "../tenants/cron.ts";
import { mapAtOnce } from "./atOnce.ts";
import { docker, dockerLines } from "./dockerCli.ts";
import type { StackNames } from "./names.ts";
import type { Restart } from "./restarts.ts";
import { confirmedRecently } from "./transitions.ts";

/** What decides whether tenants may be restarted. */
export interface StaleQuestion {
  readonly restarts: readonly Restart[];
  readonly names: StackNames;
  readonly tenantsFile: string;
  readonly now: Date;
}

/** What a tenant that is to be restarted says of itself. */
export interface BackupLook {
  /** When its container was started; undefined where it does not run. */
  readonly startedAt: Date | undefined;
  /** When its newest good backup ended; undefined where there is none. A text says why that is not known. */
  readonly newest: Date | undefined | string;
}

/** A backup begins within the hour after its time. */
const windowHours = 1;
const hour = 60 * 60 * 1000;

/**
 * How old a tenant's newest backup may be, in hours: twice the longest time that its schedules leave between two backups, so one may have been
 * missed, and the hour within which each begins. Undefined where there is no schedule to go by.
 */
export function allowedAgeHours({ backup }: Pick<Restart["tenant"], "backup">): number | undefined {
  const gap = backup.enabled ? longestGapHours([backup.full, backup.incremental]) : undefined;
  return gap === undefined ? undefined : 2 * gap + windowHours;
}

/**
 * Why a tenant must not be restarted yet; empty when it may. A restart is when a damaged cluster shows, and the moment at which a backup that is
 * not there is missed. One that was started more recently than a backup may be old has had no time for one. Pure.
 */
export function staleBackup(
  { tenant, because }: Restart,
  { startedAt, newest }: BackupLook,
  { tenantsFile, now }: Pick<StaleQuestion, "tenantsFile" | "now">,
): string[] {
  const { id } = tenant;
  const allowed = allowedAgeHours(tenant);
  const tooOld = (moment: Date) => allowed !== undefined && now.getTime() - moment.getTime() > allowed * hour;
  if (startedAt === undefined || !tooOld(startedAt)) return [];
  if (newest instanceof Date && !tooOld(newest)) return [];
  if (confirmedRecently(tenant.restartConfirmedOn, now)) return [];
  const found =
    typeof newest === "string"
      ? `its backups cannot be asked: ${newest}`
      : newest === undefined
        ? "it has no good backup"
        : `its newest good backup ended ${newest.toISOString()}`;
  const date = now.toISOString().slice(0, 10);
  return [
    `${tenantsFile}: "${id}": got a change that restarts it (${because.join(", ")}) while ${found}, expected one of the last ${allowed} hours, ` +
      `by its schedule; make one first: pgt backup ${id}. To restart it all the same: "confirmRestart: ${id} ${date}" in its entry. Nothing was changed`,
  ];
}

/** How many tenants are asked at a time: each answer is a process in its container, and all may be asked where an image changes. */
const atOnce = 8;

/** The same for all that would be restarted. Asks nobody where nobody is. @throws Error when the engine does not answer. */
export async function staleBackups(question: StaleQuestion): Promise<string[]> {
  const { names } = question;
  const containerOf = ({ runsAs }: Restart) => names.tenant(runsAs);
  const scheduled = question.restarts.filter(({ tenant }) => allowedAgeHours(tenant) !== undefined);
  const started = await startTimes(scheduled.map(containerOf));
  // Who has not run for long enough need not be asked, and says no more than that.
  const waiting = scheduled.filter((restart) => {
    const startedAt = started.get(containerOf(restart));
    return staleBackup(restart, { startedAt, newest: undefined }, question).length > 0;
  });
  const judge = async (restart: Restart) => {
    const container = containerOf(restart);
    const look = { startedAt: started.get(container), newest: await newestOf(container) };
    return staleBackup(restart, look, question);
  };
  return (await mapAtOnce(waiting, judge, atOnce)).flat();
}

const listing = z.object({
  info: z.array(
    z.object({
      backup: z
        .array(z.object({ error: z.boolean().nullish(), timestamp: z.object({ stop: z.number() }) }))
        .default([]),
    }),
  ),
});

/** When the newest good backup ended, out of what the script `backups.sh` in a tenant's container prints. @throws Error for another form. */
export function newestBackup(printed: string): Date | undefined {
  const made = listing.parse(JSON.parse(printed)).info.flatMap(({ backup }) => backup);
  const stops = made.filter(({ error }) => error !== true).map(({ timestamp }) => timestamp.stop);
  return stops.length === 0 ? undefined : new Date(Math.max(...stops) * 1000);
}

async function newestOf(container: string): Promise<BackupLook["newest"]> {
  try {
    return newestBackup(await docker("exec", container, "/usr/local/lib/pgtenants/backups.sh"));
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ");
  }
}

/** When those of the containers that run were started, by name. */
async function startTimes(containers: readonly string[]): Promise<ReadonlyMap<string, Date>> {
  if (containers.length === 0) return new Map();
  const running = new Set(await dockerLines("ps", "--format", "{{.Names}}"));
  const names = containers.filter((name) => running.has(name));
  if (names.length === 0) return new Map();
  const lines = await dockerLines("container", "inspect", "--format", "{{.Name}} {{.State.StartedAt}}", ...names);
  return new Map(
    lines.map((line) => {
      const [name = "", started = ""] = line.replace(/^\//, "").split(" ");
      return [name, new Date(started)] as const;
    }),
  );
}
