import * as z from "zod";
import { whyNoSchedule } from "./cron.ts";
import { documented } from "./fieldDocs.ts";
import { count, duration, flag, type Refused } from "./fields.ts";
import { guessable } from "./text.ts";

const EXAMPLE = "0 2 * * 0";

/** When something happens: five fields as cron has them, or "never". */
function schedule() {
  const error = ({ input }: Refused): string => {
    const why = whyNoSchedule(guessable(input)) ?? "it is no text";
    return `a schedule of cron's five numeric fields, such as "${EXAMPLE}", or "never": ${why}; write "${EXAMPLE}"`;
  };
  return z.string({ error }).refine((text) => text === NEVER || whyNoSchedule(text) === undefined, { error });
}

/** The word for a schedule that has no times. */
const NEVER = "never";

/** A time zone by its name in the tz database. */
function timeZone() {
  const error = () =>
    'the name of a time zone, such as "Europe/Berlin" or "UTC"; an offset such as "+02:00" knows no summer time';
  return z.string({ error }).refine(isTimeZone, { error });
}

function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]+(?:[/_+-][A-Za-z0-9_+-]+)*$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const SHORTEST_TIMEOUT_MS = 10_000;

const inPlace = "in place, no restart.";

/** How a plan's tenants, or a tenant, are backed up. @param byDefault where a value that is left out comes from. */
export function backupSchema(byDefault: string) {
  return z.strictObject(
    {
      enabled: documented(flag().exactOptional(), {
        meaning:
          "Whether the tenant is backed up: full and incremental backups on schedule, and every WAL segment as it is finished, so that any second between two of them can be brought back.",
        limits: "`true` or `false`.",
        byDefault,
        change: `${inPlace} To \`false\` keeps the backups that there are; what happens meanwhile cannot be brought back, and back to \`true\` begins with a full backup.`,
      }),
      full: documented(schedule().exactOptional(), {
        meaning:
          "When a full backup is made. It begins within the hour after that, at a second of the tenant's own, so that not all begin at once. One that was missed is made when the tenant runs again. The first one of a new tenant is made within ten minutes.",
        limits: `Cron's five fields in numbers, such as \`${EXAMPLE}\` for Sundays at 2, or \`never\`: then only the first one is made.`,
        byDefault,
        change: inPlace,
      }),
      incremental: documented(schedule().exactOptional(), {
        meaning: "When what changed since the last backup is saved. Otherwise as `full`.",
        limits: "As `full`.",
        byDefault,
        change: inPlace,
      }),
      timeZone: documented(timeZone().exactOptional(), {
        meaning: "The time zone of both schedules.",
        limits: "A name of the tz database, such as `Europe/Berlin`.",
        byDefault,
        change: inPlace,
      }),
      keepDays: documented(count(1, 3650).exactOptional(), {
        meaning:
          "For how many days back any second can be brought back. A full backup is deleted when a younger one is that old, so the last good one always stays.",
        limits: "A whole number from 1 to 3650.",
        byDefault,
        change: "less deletes older backups after the next one. No restart.",
      }),
      archiveTimeout: documented(duration(SHORTEST_TIMEOUT_MS).exactOptional(), {
        meaning: "After how long a WAL segment that is not full is saved: what is lost at most when the machine is.",
        limits: "From `10 s` to `24 h`.",
        byDefault,
        change: inPlace,
      }),
    },
    {
      error: () =>
        `a mapping with enabled, full, incremental, timeZone, keepDays or archiveTimeout; write it as "backup: { full: ${EXAMPLE} }"`,
    },
  );
}

/** How a tenant is backed up, as written. */
export type BackupFields = z.infer<ReturnType<typeof backupSchema>>;
