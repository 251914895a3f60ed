import * as z from "zod";
import { documented } from "./fieldDocs.ts";
import { count, flag, type Refused, size, word } from "./fields.ts";
import {
  DURATION_PATTERN,
  formatMilliseconds,
  guessMilliseconds,
  NO_LIMIT,
  parseMiB,
  parseMilliseconds,
} from "./units.ts";

/** When a server takes another value over: while it runs, or at its start. */
export type Applies = "reload" | "restart";

interface AllowedSetting {
  readonly applies: Applies;
  readonly schema: z.ZodExactOptional<z.ZodType<string | number | boolean>>;
  /** The value as PostgreSQL takes it. */
  readonly render: (value: string | number | boolean) => string;
}

const plain = (value: string | number | boolean): string => String(value);
const inMiB = (value: string | number | boolean): string => `${parseMiB(String(value))}MB`;
const inMs = (value: string | number | boolean): string => `${parseMilliseconds(String(value))}ms`;
const onOff = (value: string | number | boolean): string => (value === true ? "on" : "off");

const change: Readonly<Record<Applies, string>> = {
  reload: "made in place, no restart; taken out, the server's default counts again.",
  restart: "restarts the tenant: seconds of downtime, its clients are disconnected.",
};

const setting = (
  applies: Applies,
  schema: z.ZodType<string | number | boolean>,
  render: AllowedSetting["render"],
  [meaning, limits, byDefault]: readonly [meaning: string, limits: string, byDefault: string],
): AllowedSetting => ({
  applies,
  schema: documented(schema.exactOptional(), {
    meaning,
    limits,
    byDefault: `PostgreSQL's: ${byDefault}.`,
    change: change[applies],
  }),
  render,
});

const whole = (applies: Applies, min: number, max: number, meaning: string, byDefault: string) =>
  setting(applies, count(min, max), plain, [meaning, `A whole number from ${min} to ${max}.`, byDefault]);

const amount = (min: number, max: number, meaning: string, byDefault: string) => {
  const error = ({ input }: Refused) =>
    `a number from ${min} to ${max}${typeof input === "string" ? ", without quotes" : ""}; write ${min}`;
  const schema = z.number({ error }).min(min, { error }).max(max, { error });
  return setting("reload", schema, plain, [meaning, `A number from ${min} to ${max}.`, byDefault]);
};

const bytes = (min: number, max: number, meaning: string, byDefault: string) =>
  setting("reload", size(min, max), inMiB, [meaning, `From ${min} MB to ${max} MB, in whole MB or GB.`, byDefault]);

const span = (min: string, max: string, meaning: string, byDefault: string) => {
  const within = (value: number) => Math.min(parseMilliseconds(max), Math.max(parseMilliseconds(min), value));
  const error = ({ input }: Refused) => {
    const meant = guessMilliseconds(input);
    return `a time span from "${min}" to "${max}"; write "${meant === undefined ? min : formatMilliseconds(within(meant))}"`;
  };
  const schema = z
    .string({ error })
    .regex(DURATION_PATTERN, { abort: true, error })
    .refine((text) => text !== NO_LIMIT && within(parseMilliseconds(text)) === parseMilliseconds(text), { error });
  return setting("reload", schema, inMs, [meaning, `From \`${min}\` to \`${max}\`.`, byDefault]);
};

const yesNo = (applies: Applies, meaning: string, byDefault: string) =>
  setting(applies, flag(), onOff, [meaning, "`true` or `false`.", byDefault]);

const words = <const Words extends readonly [string, ...string[]]>(choice: Words, meaning: string, byDefault: string) =>
  setting("reload", word(choice), plain, [meaning, `${choice.map((one) => `\`${one}\``).join(", ")}.`, byDefault]);

/**
 * The settings that an entry may set, by PostgreSQL's names; its manual says more of each. Not on the list are those that decide whether a commit
 * is kept (fsync, full_page_writes, synchronous_commit, wal_level, …), who gets in and as whom, what backups and the disk guard rely on, what is loaded or run
 * (…_command, …_libraries), and those that come from fields of their own.
 */
export const ALLOWED_SETTINGS: Readonly<Record<string, AllowedSetting>> = {
  work_mem: bytes(
    1,
    4096,
    "Memory of each sort and hash before it spills to disk. At most a quarter of `memory`.",
    "4 MB",
  ),
  hash_mem_multiplier: amount(1, 8, "How many times `work_mem` a hash may take.", "2"),
  random_page_cost: amount(0.1, 100, "The planner's cost of a page that is read out of order.", "4"),
  seq_page_cost: amount(0.1, 100, "The planner's cost of a page that is read in order.", "1"),
  default_statistics_target: whole("reload", 1, 10_000, "How much ANALYZE learns of each column.", "100"),
  jit: yesNo("reload", "Whether expensive queries are compiled.", "true"),
  plan_cache_mode: words(
    ["auto", "force_generic_plan", "force_custom_plan"],
    "Whether prepared statements are planned for their parameters.",
    "auto",
  ),
  max_parallel_workers_per_gather: whole("reload", 0, 8, "The most helpers of one part of a query.", "2"),
  default_transaction_isolation: words(
    ["read committed", "repeatable read", "serializable"],
    "The isolation of transactions that choose none.",
    "read committed",
  ),
  deadlock_timeout: span(
    "100 ms",
    "1 min",
    "How long a session waits for a lock before it looks for a deadlock.",
    "1 s",
  ),
  log_lock_waits: yesNo("reload", "Whether waits longer than `deadlock_timeout` are logged.", "false"),
  log_min_duration_statement: span(
    "100 ms",
    "24 h",
    "Statements that take at least as long are logged, with their text: `pgt logs` shows it.",
    "none is",
  ),
  autovacuum_vacuum_scale_factor: amount(0, 1, "The part of a table that changes before it is vacuumed.", "0.2"),
  autovacuum_analyze_scale_factor: amount(0, 1, "The part of a table that changes before it is analyzed.", "0.1"),
  autovacuum_naptime: span("10 s", "1 h", "How long autovacuum rests between two rounds.", "1 min"),
  autovacuum_vacuum_cost_limit: whole("reload", 1, 10_000, "How much autovacuum does between two rests.", "200"),
  gin_pending_list_limit: bytes(1, 1024, "What a GIN index keeps for later before it is sorted in.", "4 MB"),
  max_worker_processes: whole("restart", 1, 16, "The most background workers, parallel ones included.", "8"),
  max_locks_per_transaction: whole("restart", 10, 1024, "Locks that each connection is given room for.", "64"),
  // Not max_prepared_transactions: a prepared transaction would write after its tenant was made read-only, and hold locks that no ended session gives back.
  track_activity_query_size: whole("restart", 100, 65_536, "How many bytes of a statement are shown.", "1024"),
  track_commit_timestamp: yesNo("restart", "Whether the time of each commit is kept.", "false"),
};

/** Values as an entry has them, as PostgreSQL takes them: those of one kind. */
export function renderedSettings(
  values: Readonly<Record<string, string | number | boolean>>,
  applies: Applies,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => ALLOWED_SETTINGS[name]?.applies === applies)
      .map(([name, value]) => [name, ALLOWED_SETTINGS[name]?.render(value) ?? ""]),
  );
}

/** The field `settings` of an entry. */
export const SettingsSchema = z.strictObject(
  Object.fromEntries(Object.entries(ALLOWED_SETTINGS).map(([name, { schema }]) => [name, schema])),
  { error: () => 'a mapping of PostgreSQL\'s settings to values; write it as "settings: { work_mem: 8 MB }"' },
);
