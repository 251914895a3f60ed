import * as z from "zod";
import { OperatorError } from "../operatorError.ts";
import { alignColumns } from "../table.ts";
import { dockerAtOnce } from "./engine.ts";
import { type Finding, ok, warning } from "./finding.ts";

/** After how long a copy is late, in seconds: WAL is archived every minute, and copied every minute. */
const lateSeconds = 180;

/** A backup of a large tenant takes its time on a slow line; one that did not get there in a day is late. */
const lateBackupSeconds = 86_400;

/** What a look may take, in milliseconds. */
const lookLimit = 10_000;

const time = z.number().nullable();
const failure = z.object({ at: z.number(), said: z.string() }).nullable();
const part = z.object({ complete: time, waiting: z.number().nullable(), bytes: z.number().nullable(), error: failure });
const document = z.object({
  now: z.number(),
  answered: time,
  error: failure,
  outbox: z.number(),
  tenants: z.record(z.string(), z.object({ archive: part, backup: part })),
});

/** What the container says of the copies: times in seconds since 1970. */
export type OffsiteReport = z.infer<typeof document>;

/** The copies of one tenant's backups. */
interface TenantCopies {
  /** The id that names its volumes. */
  readonly origin: string;
  readonly level: "healthy" | "late";
  /** Of this moment all WAL is in the store; undefined where that never was. */
  readonly copiedTo: Date | undefined;
  /** The same of its finished backups. */
  readonly backupsCopiedTo: Date | undefined;
  /** Files that are not there yet. */
  readonly waiting: number;
  readonly bytes: number;
  /** What is wrong, a sentence each. */
  readonly reasons: readonly string[];
}

/** The copies of a stack. */
export interface Copies {
  readonly level: "healthy" | "late";
  readonly tenants: readonly TenantCopies[];
  /** What is wrong with the store itself. */
  readonly reasons: readonly string[];
}

/** Asks the container that copies. @throws OperatorError when it does not answer. */
export async function readCopies(container: string): Promise<Copies> {
  const printed = await dockerAtOnce(lookLimit, "exec", container, "/usr/local/lib/pgtenants/status.pl");
  const parsed = document.safeParse(JSON.parse(printed));
  if (parsed.success) return judgeCopies(parsed.data);
  const why = z.prettifyError(parsed.error);
  throw new OperatorError(
    `what the container says of the copies is of another form: ${why}`,
    "make up, which brings the container to this version",
  );
}

/** Pure. A store that does not answer is told at once, and is late when the copies are. */
export function judgeCopies({ now, error, outbox, tenants }: OffsiteReport): Copies {
  const judged = Object.entries(tenants).map(([origin, { archive, backup }]): TenantCopies => {
    const lateWal = archive.complete === null || now - archive.complete > lateSeconds;
    const lateBackup = archive.complete !== null && now - (backup.complete ?? now) > lateBackupSeconds;
    return {
      origin,
      level: lateWal || lateBackup ? "late" : "healthy",
      copiedTo: dateOf(archive.complete),
      backupsCopiedTo: dateOf(backup.complete),
      waiting: (archive.waiting ?? 0) + (backup.waiting ?? 0),
      bytes: (archive.bytes ?? 0) + (backup.bytes ?? 0),
      reasons: [
        ...(archive.complete === null ? ["nothing is copied yet"] : []),
        ...(archive.complete !== null && lateWal ? [`${now - archive.complete} s late`] : []),
        ...(lateBackup ? ["its backups are more than a day late"] : []),
        ...[archive.error, backup.error].flatMap((failed) => (failed === null ? [] : [saidAt(failed)])),
      ],
    };
  });
  const reasons = [
    ...(error === null ? [] : [`the store takes nothing: ${saidAt(error)}`]),
    ...(outbox > 0 ? [`${outbox} saved states or keys are not there yet`] : []),
  ];
  const late = judged.some(({ level }) => level === "late");
  return { level: late ? "late" : "healthy", tenants: judged, reasons };
}

/**
 * The copies in a sentence, for whoever asks how everything is. Late ones are a warning: tenants do not notice. Pure.
 * @param copies a text says why they are not known.
 */
export function copiesFinding(copies: Copies | string): Finding {
  const check = "off-site copies";
  if (typeof copies === "string") return warning(check, copies, "pgt offsite");
  const { level, tenants, reasons } = copies;
  if (level === "healthy") return ok(check, `less than ${lateSeconds / 60} minutes old`);
  const late = tenants.filter((tenant) => tenant.level === "late").map(({ origin }) => origin);
  return warning(check, [...reasons, `late: ${late.join(", ")}`].join("; "), "pgt offsite");
}

function saidAt({ at, said }: { readonly at: number; readonly said: string }): string {
  return `${said} (${new Date(at * 1000).toISOString()})`;
}

function dateOf(seconds: number | null): Date | undefined {
  return seconds === null ? undefined : new Date(seconds * 1000);
}

export function renderCopies({ tenants, reasons }: Copies): string {
  const header = ["TENANT", "COPIES", "COMPLETE TO", "WAITING", "COPIED BYTES"];
  const rows = tenants.map(({ origin, level, copiedTo, waiting, bytes }) => [
    origin,
    level,
    copiedTo?.toISOString() ?? "-",
    String(waiting),
    String(bytes),
  ]);
  const wrong = tenants.flatMap((tenant) => tenant.reasons.map((reason) => `${tenant.origin}: ${reason}`));
  const late = tenants.filter(({ level }) => level === "late").length;
  const sum = `${tenants.length - late} healthy, ${late} late`;
  return `${[...alignColumns([header, ...rows]), "", ...reasons, ...wrong, sum].join("\n")}\n`;
}
