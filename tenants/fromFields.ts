import * as z from "zod";
import { documented } from "./fieldDocs.ts";
import { id } from "./idField.ts";
import { guessable } from "./text.ts";

/** A moment of a database's past. */
export type RestoreTarget =
  /** The last archived WAL, and the end of the newest backup. */
  | { readonly type: "latest" | "immediate" }
  | { readonly type: "time" | "xid" | "name" | "lsn"; readonly value: string };

const TIME = /^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/;
const FORMS: readonly (readonly [type: "xid" | "name" | "lsn", pattern: RegExp])[] = [
  ["xid", /^xid ([1-9][0-9]{0,9})$/],
  ["lsn", /^lsn ([0-9A-F]{1,8}\/[0-9A-F]{1,8})$/i],
  ["name", /^name ([A-Za-z0-9][A-Za-z0-9_.-]{0,62})$/],
];

/** What `text` stands for; undefined where it is none of the forms, or a time without its zone. */
export function parseRestoreTarget(text: string): RestoreTarget | undefined {
  if (text === "latest" || text === "immediate") return { type: text };
  for (const [type, pattern] of FORMS) {
    const value = pattern.exec(text)?.[1];
    if (value !== undefined) return { type, value };
  }
  const zone = TIME.exec(text)?.[1];
  if (zone === undefined || Number.isNaN(Date.parse(isoTime(text)))) return undefined;
  // One form for all, which pgBackRest and PostgreSQL both read.
  return { type: "time", value: new Date(isoTime(text)).toISOString().replace("T", " ").replace("Z", "+00") };
}

function isoTime(text: string): string {
  const [, minutes = "", rest = ""] = /^(.*[ T]\d{2}:\d{2})(.*)$/.exec(text) ?? [];
  const zoned = rest.replace(/([+-]\d{2})$/, "$1:00").replace(/([+-]\d{2})(\d{2})$/, "$1:$2");
  return minutes.replace(" ", "T") + zoned;
}

/** The forms of a target, for messages. */
export const targetForms =
  '"latest", "immediate", a time with its zone such as "2026-11-21 12:30:00+01", "xid 1234", "lsn 0/3000060" or "name before-migration"';

function target() {
  const error = ({ input }: { readonly input?: unknown }): string => {
    const text = guessable(input).trim();
    const fix = TIME.test(text)
      ? `a time has its zone; write "${text}Z" if it is meant in UTC`
      : 'write "latest" for all that was archived';
    return `${targetForms}; ${fix}`;
  };
  return z.string({ error }).refine((text) => parseRestoreTarget(text) !== undefined, { error });
}

/** Long enough for any path that a shell takes. */
const longestPath = 1024;

function path(expected: string) {
  const error = () => expected;
  return z
    .string({ error })
    .min(1, { error })
    .max(longestPath, { error })
    .refine((text) => !/\p{Cc}/u.test(text), { error });
}

/** What a new tenant begins with. */
export const FromSchema = z.strictObject(
  {
    clone: documented(id().exactOptional(), {
      meaning:
        "The tenant whose backups this one begins with: roles, databases and rows, as they were at `from.at`. The tenant itself is not asked, and goes on.",
      limits:
        "The id of another tenant in the file. One that runs archives what it holds first; of a stopped or removed one, its backups are enough. It may leave the file when this tenant has been made.",
      byDefault: "none; this or `from.import` must be given.",
      change: "nothing: it counts once, when the volume is new.",
    }),
    at: documented(target().exactOptional(), {
      meaning:
        "The moment that is brought back: `latest`, all that was archived; `immediate`, the end of the newest backup; a time; the end of a transaction by its number; a position in the WAL; or a point that `pg_create_restore_point` gave a name.",
      limits:
        "`latest`, `immediate`, a time with its zone such as `2026-11-21 12:30:00+01`, `xid 1234`, `lsn 0/3000060` or `name before-migration`. One that the backups do not reach fails the deployment, and the tenant is not made.",
      byDefault: "`latest`.",
      change: "nothing: it counts once, when the volume is new.",
    }),
    mask: documented(path('the path of a file with SQL; write it as "mask: ./masks/acme.sql"').exactOptional(), {
      meaning:
        "A file with SQL that takes out what the copy must not hold. It runs before anybody can reach the copy, in one transaction, as the owner of the database. After it every table, index and statistic is written anew, so that no file of the copy holds what was there before.",
      limits:
        "A path, relative to the project's folder; with `from.clone`. An error in it fails the deployment, and the tenant is not made.",
      byDefault: "none.",
      change: "nothing: it counts once, when the volume is new.",
    }),
    schemaOnly: documented(
      z.boolean({ error: () => 'true or false; write it as "schemaOnly: true"' }).exactOptional(),
      {
        meaning:
          "Takes every row and large object out of the copy, in the same way, and begins sequences anew. With `from.mask` as well, its SQL finds empty tables.",
        limits: "`true` or `false`; with `from.clone`.",
        byDefault: "`false`.",
        change: "nothing: it counts once, when the volume is new.",
      },
    ),
    import: documented(
      path('the word url, or the path of a dump; write it as "import: ./dumps/acme.dump"').exactOptional(),
      {
        meaning:
          "What was not made here: `url`, a server that is dumped now, whose URL is in the stack's configuration: `pulumi config set --secret --path imports.<id>` asks for it; or the path of what `pg_dump` made: a file (custom, tar, SQL, or SQL with gzip) or a folder. All of it belongs to the tenant's role afterwards, and is loaded with no more rights than that role has.",
        limits:
          "`url`, or a path, relative to the project's folder. Never the URL itself. By itself, without the other fields. What cannot be loaded whole fails the deployment, and the tenant is not made.",
        byDefault: "none.",
        change: "nothing: it counts once, when the volume is new.",
      },
    ),
  },
  {
    error: () =>
      'a mapping with clone or import; write it as "from: { clone: acme, at: latest }" or "from: { import: ./acme.dump }"',
  },
);
