import * as z from "zod";
import { closest, either, guessable } from "./text.ts";
import {
  DURATION_PATTERN,
  formatMiB,
  formatMilliseconds,
  guessMiB,
  guessMilliseconds,
  NO_LIMIT,
  parseMiB,
  parseMilliseconds,
  SIZE_PATTERN,
} from "./units.ts";

// The kinds of fields. Every message reads "what was expected; how to mend it"; where it is and what was got is put before.

/** What a message is made from. */
export interface Refused {
  readonly input?: unknown;
}

const SIZE_ADVICE = 'a size such as "512 MB" or "2 GB"';

/** A size as text, such as "512 MB", between two bounds in MiB. */
export function size(minMiB: number, maxMiB: number) {
  const within = (mebibytes: number): number => Math.min(maxMiB, Math.max(minMiB, mebibytes));
  const fix = (value: unknown): string => {
    const meant = guessMiB(value);
    return meant === undefined ? `write "${formatMiB(minMiB)}" or more` : `write "${formatMiB(within(meant))}"`;
  };
  const error = ({ input }: Refused): string => `${SIZE_ADVICE}; ${fix(input)}`;
  return z
    .string({ error })
    .regex(SIZE_PATTERN, { abort: true, error })
    .refine((text) => parseMiB(text) === within(parseMiB(text)), {
      error: ({ input }) => `a size from "${formatMiB(minMiB)}" to "${formatMiB(maxMiB)}"; ${fix(input)}`,
    });
}

/** A whole number between two bounds. */
export function count(min: number, max: number) {
  const error = ({ input }: Refused): string => {
    const meant = Math.round(Number.parseFloat(guessable(input)));
    const value = Number.isNaN(meant) ? min : Math.min(max, Math.max(min, meant));
    return `a whole number from ${min} to ${max}${typeof input === "string" ? ", without quotes" : ""}; write ${value}`;
  };
  return z.int({ error }).min(min, { error }).max(max, { error });
}

const DAY_MS = parseMilliseconds("24 h");

/**
 * A time span as text, such as "30 s", of a day at most; or "none".
 * @param shortestMs where it has to be at least so long, in milliseconds; "none" is refused then.
 */
export function duration(shortestMs = 0) {
  const example = "30 s";
  const error = ({ input }: Refused): string => {
    const meant = guessMilliseconds(input);
    const fits = meant === undefined ? parseMilliseconds(example) : Math.min(Math.max(meant, shortestMs), DAY_MS);
    const span =
      shortestMs > 0
        ? `a time span from "${formatMilliseconds(shortestMs)}" to "24 h"`
        : `a time span such as "${example}" or "10 min", "24 h" at most, or "${NO_LIMIT}" for no limit`;
    return `${span}; write "${formatMilliseconds(fits)}"`;
  };
  return z
    .string({ error })
    .regex(DURATION_PATTERN, { abort: true, error })
    .refine((text) => parseMilliseconds(text) >= shortestMs && parseMilliseconds(text) <= DAY_MS, { error });
}

/** One of a few words. @param otherwise the advice when none of them is close to what was got. */
export function word<const Words extends readonly [string, ...string[]]>(
  words: Words,
  otherwise = "write one of them",
) {
  return z.enum(words, {
    error: ({ input }) => {
      const meant = closest(guessable(input), words);
      return `${either(words)}; ${meant === undefined ? otherwise : `did you mean "${meant}"?`}`;
    },
  });
}

const FLAG_WORDS: ReadonlyMap<string, boolean> = new Map([
  ...["yes", "y", "on", "1"].map((word) => [word, true] as const),
  ...["no", "n", "off", "0"].map((word) => [word, false] as const),
]);

/** Yes or no. */
export function flag() {
  const error = ({ input }: Refused): string => {
    const text = guessable(input).trim().toLowerCase();
    const meant = FLAG_WORDS.get(text) ?? closest(text, ["true", "false"]);
    return `true or false, without quotes; write ${meant ?? "one of them"}`;
  };
  return z.boolean({ error });
}

interface NameForm {
  /** The form in words. */
  readonly expected: string;
  readonly pattern: RegExp;
  /** What stands between words; other separators, and upper case, are taken for a slip. Without it, no correction is guessed. */
  readonly separator?: "-" | "_";
  /** Why a name that fits is not to be had; undefined when it is. */
  readonly whyReserved: (name: string) => string | undefined;
  /** The advice when there is no correction. */
  readonly otherwise: string;
}

/** A name of a fixed form. */
export function name({ expected, pattern, separator, whyReserved, otherwise }: NameForm) {
  const fits = (text: string): boolean => pattern.test(text) && whyReserved(text) === undefined;
  const fix = (input: unknown): string => {
    const text = guessable(input);
    // YAML reads true, null and 12 as something else than text.
    if (typeof input !== "string") return fits(text) ? `put it in quotes ("${text}") or ${otherwise}` : otherwise;
    if (separator === undefined) return otherwise;
    const mended = input
      .slice(0, 100)
      .trim()
      .toLowerCase()
      .replace(/[ ._-]+/g, separator);
    return fits(mended) ? `write "${mended}"` : otherwise;
  };
  const error = ({ input }: Refused): string => `${expected}; ${fix(input)}`;
  return z
    .string({ error })
    .regex(pattern, { abort: true, error })
    .refine((text) => whyReserved(text) === undefined, {
      error: ({ input }) => `a name that is not reserved: ${whyReserved(String(input))}; ${otherwise}`,
    });
}
