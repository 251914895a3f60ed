import { guessable } from "./text.ts";

/**
 * Sizes as operators write them. `MB` and `GB` count in steps of 1024, as in postgresql.conf and for Docker:
 * "1 MB" is one MiB, 1,048,576 bytes, and "1 GB" is 1024 MB.
 */
const MIB_PER_GIB = 1024;

/** A size: a whole number without leading zeros, one space, the unit. Seven digits keep every value an exact integer. */
export const SIZE_PATTERN = /^([1-9][0-9]{0,6}) (MB|GB)$/;

/** The MiB that `text` stands for. Throws a RangeError when it does not fit {@link SIZE_PATTERN}. */
export function parseMiB(text: string): number {
  const [, digits, unit] = SIZE_PATTERN.exec(text) ?? [];
  if (digits === undefined) throw new RangeError(`${JSON.stringify(text)} is not a size such as "512 MB"`);
  return Number(digits) * (unit === "GB" ? MIB_PER_GIB : 1);
}

/** The shortest size that stands for `mebibytes`, a whole number from 1: 512 is "512 MB", 2048 is "2 GB". */
export function formatMiB(mebibytes: number): string {
  return mebibytes % MIB_PER_GIB === 0 ? `${mebibytes / MIB_PER_GIB} GB` : `${mebibytes} MB`;
}

const LOOSE_SIZE = /^\s*([0-9]{1,7}(?:\.[0-9]{1,3})?)\s*(?:([kmgt])(?:i?b)?)?\s*$/i;
const MIB_PER_PREFIX = new Map([
  ["k", 1 / 1024],
  ["m", 1],
  ["g", MIB_PER_GIB],
  ["t", MIB_PER_GIB * MIB_PER_GIB],
]);

/**
 * What the author of a refused size most likely meant, in MiB: "5GB", "0.5 GB", "512m", or a number, which is read as MB.
 * Undefined when there is no telling. Only for messages: a guess is shown, never used.
 */
export function guessMiB(value: unknown): number | undefined {
  const [, amount, prefix = "m"] = LOOSE_SIZE.exec(guessable(value)) ?? [];
  const factor = MIB_PER_PREFIX.get(prefix.toLowerCase());
  return amount === undefined || factor === undefined ? undefined : Math.ceil(Number(amount) * factor);
}

const MS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["min", 60_000],
  ["h", 3_600_000],
]);

/** The word for a limit that is not set. */
export const NO_LIMIT = "none";

/** A time span: a whole number without leading zeros, one space, the unit as PostgreSQL writes it; or "none". */
export const DURATION_PATTERN = /^(?:none|([1-9][0-9]{0,7}) (ms|s|min|h))$/;

/** The milliseconds that `text` stands for, 0 for "none". Throws a RangeError when it does not fit {@link DURATION_PATTERN}. */
export function parseMilliseconds(text: string): number {
  if (text === NO_LIMIT) return 0;
  const [, digits, unit = ""] = DURATION_PATTERN.exec(text) ?? [];
  const factor = MS_PER_UNIT.get(unit);
  if (digits === undefined || factor === undefined)
    throw new RangeError(`${JSON.stringify(text)} is not a time span such as "30 s"`);
  return Number(digits) * factor;
}

const SECONDS_PER_LIFETIME_UNIT: ReadonlyMap<string, number> = new Map([
  ["min", 60],
  ["h", 3600],
  ["day", 86_400],
  ["days", 86_400],
]);

/** How long something is there: as {@link DURATION_PATTERN}, and in days, and never without an end. */
export const LIFETIME_PATTERN = /^([1-9][0-9]{0,5}) (min|h|days?)$/;

/** The seconds that `text` stands for. Throws a RangeError when it does not fit {@link LIFETIME_PATTERN}. */
export function parseLifetimeSeconds(text: string): number {
  const [, digits, unit = ""] = LIFETIME_PATTERN.exec(text) ?? [];
  const factor = SECONDS_PER_LIFETIME_UNIT.get(unit);
  if (digits === undefined || factor === undefined)
    throw new RangeError(`${JSON.stringify(text)} is not a life such as "7 days"`);
  return Number(digits) * factor;
}

/** The shortest time span that stands for `milliseconds`, a whole number from 0: 0 is "none", 90000 is "90 s". */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds === 0) return NO_LIMIT;
  const [unit, factor] = [...MS_PER_UNIT].findLast(([, size]) => milliseconds % size === 0) ?? ["ms", 1];
  return `${milliseconds / factor} ${unit}`;
}

const LOOSE_DURATION = /^\s*([0-9]{1,9}(?:\.[0-9]{1,3})?)\s*([a-z]*)\s*$/i;
const MS_PER_SPELLING: ReadonlyMap<string, number> = new Map([
  ...MS_PER_UNIT,
  ...["", "sec", "second", "seconds"].map((word) => [word, 1000] as const),
  ...["m", "mins", "minute", "minutes"].map((word) => [word, 60_000] as const),
  ...["hour", "hours"].map((word) => [word, 3_600_000] as const),
  ...["d", "day", "days"].map((word) => [word, 86_400_000] as const),
]);

/**
 * What the author of a refused time span most likely meant, in milliseconds: "30s", "1.5 hours", "2 d", or a number, which is read as
 * seconds. Undefined when there is no telling. Only for messages: a guess is shown, never used.
 */
export function guessMilliseconds(value: unknown): number | undefined {
  const [, amount, unit = ""] = LOOSE_DURATION.exec(guessable(value)) ?? [];
  const factor = MS_PER_SPELLING.get(unit.toLowerCase());
  return amount === undefined || factor === undefined ? undefined : Math.ceil(Number(amount) * factor);
}
