import * as z from "zod";
import { OperatorError } from "../operatorError.ts";
import { drillRecord } from "./drillReport.ts";
import { lastSwap } from "./inPlace.ts";

/** Seconds since 1970, as the tools in the container print them. */
const time = z.number().nullable();

const backup = z.object({
  label: z.string(),
  type: z.enum(["full", "diff", "incr"]),
  error: z.boolean().nullish(),
  timestamp: z.object({ start: z.number(), stop: z.number() }),
  info: z.object({
    /** Bytes of the cluster at that time. */
    size: z.number(),
    /** What this backup itself takes in the repository, compressed. */
    repository: z.object({ delta: z.number().nullish() }),
  }),
});

const document = z.object({
  enabled: z.enum(["yes", "no"]),
  info: z.array(
    z.object({
      status: z.object({ code: z.number(), message: z.string() }),
      backup: z.array(backup).default([]),
      archive: z.array(z.object({ min: z.string().nullish(), max: z.string().nullish() })).default([]),
    }),
  ),
  archiver: z.object({
    last_archived_wal: z.string().nullable(),
    last_archived: time,
    last_failed: time,
    failing: z.boolean(),
    waiting: z.number(),
    waiting_since: time,
  }),
  tried: z
    .object({ type: z.string(), started: z.number(), ended: z.number(), code: z.number(), said: z.string() })
    .nullable(),
  drill: drillRecord.nullish(),
  inPlace: lastSwap.nullish(),
});

/** One backup of a tenant. */
export interface Backup {
  /** pgBackRest's name for it, such as 20261121-020000F. */
  readonly label: string;
  readonly type: "full" | "diff" | "incr";
  readonly started: Date;
  readonly ended: Date;
  /** Bytes of the cluster at that time. */
  readonly clusterBytes: number;
  /** Bytes that it takes in the repository; undefined where pgBackRest does not know. */
  readonly repositoryBytes: number | undefined;
}

/** What there is of a tenant to bring back. */
export interface Backups {
  readonly enabled: boolean;
  /** Good ones, oldest first. */
  readonly backups: readonly Backup[];
  /** The newest one, where it has damaged pages, which are the server's own: no backup after it will be good before they are mended. */
  readonly damaged: Backup | undefined;
  /** Any second from the end of the oldest backup on can be brought back, to the last archived WAL; undefined without a backup. */
  readonly from: Date | undefined;
  readonly lastArchived: Date | undefined;
  /** Why nothing is archived now, and since when segments wait. */
  readonly archiving: { readonly failing: boolean; readonly waiting: number; readonly since: Date | undefined };
  /** The last backup that was tried, where it failed. */
  readonly failure: { readonly at: Date; readonly type: string; readonly said: string } | undefined;
  /** The last time that a restore was tried; undefined where it never was. */
  readonly drill: LastDrill | undefined;
  /** What became of the last restore in place; undefined where there was none, or it was accepted. */
  readonly inPlace: z.infer<typeof lastSwap> | undefined;
}

export interface LastDrill {
  readonly at: Date;
  readonly verdict: "good" | "incomplete" | "bad";
  /** What was restored, when that backup had ended, and up to which time WAL was replayed; undefined where nothing was. */
  readonly backup: string | undefined;
  readonly backupEnded: Date | undefined;
  readonly reached: Date | undefined;
  /** What was not well, a sentence each. */
  readonly reasons: readonly string[];
}

/** Reads what the script `backups.sh` in a tenant's container prints. @throws OperatorError when it is of another form. */
export function parseBackups(text: string): Backups {
  const parsed = document.safeParse(JSON.parse(text));
  if (!parsed.success) {
    throw new OperatorError(
      `what the container says of its backups is of another form: ${z.prettifyError(parsed.error)}`,
      "make up, which brings the container to this version",
    );
  }
  const { enabled, info, archiver, tried, drill, inPlace } = parsed.data;
  const made = info.flatMap((stanza) => stanza.backup);
  const backups = made.filter(({ error }) => error !== true).map(backupOf);
  return {
    enabled: enabled === "yes",
    backups,
    damaged: made
      .slice(-1)
      .filter(({ error }) => error === true)
      .map(backupOf)[0],
    from: backups[0]?.ended,
    lastArchived: dateOf(archiver.last_archived),
    archiving: { failing: archiver.failing, waiting: archiver.waiting, since: dateOf(archiver.waiting_since) },
    failure:
      tried === null || tried.code === 0
        ? undefined
        : { at: new Date(tried.ended * 1000), type: tried.type, said: tried.said.trim() },
    drill: drill === null || drill === undefined ? undefined : lastDrill(drill),
    inPlace: inPlace ?? undefined,
  };
}

function lastDrill({ at, verdict, backup, backupEnded, reached, reasons }: z.infer<typeof drillRecord>): LastDrill {
  return {
    at: new Date(at * 1000),
    verdict,
    backup: backup ?? undefined,
    backupEnded: dateOf(backupEnded),
    reached: dateOf(reached),
    reasons,
  };
}

function backupOf({ label, type, timestamp, info }: z.infer<typeof backup>): Backup {
  return {
    label,
    type,
    started: new Date(timestamp.start * 1000),
    ended: new Date(timestamp.stop * 1000),
    clusterBytes: info.size,
    repositoryBytes: info.repository.delta ?? undefined,
  };
}

function dateOf(seconds: number | null): Date | undefined {
  return seconds === null ? undefined : new Date(seconds * 1000);
}
