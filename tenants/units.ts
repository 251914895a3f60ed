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
  const [, amount, prefix = "m"] = LOOSE_SIZE.exec(String(value)) ?? [];
  const factor = MIB_PER_PREFIX.get(prefix.toLowerCase());
  return amount === undefined || factor === undefined ? undefined : Math.ceil(Number(amount) * factor);
}
