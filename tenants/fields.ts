import * as z from "zod";
import { formatMiB, guessMiB, parseMiB, SIZE_PATTERN } from "./units.ts";

/** What the reference and the editor say about a field. */
interface FieldDoc {
  readonly meaning: string;
  readonly limits: string;
  readonly byDefault: string;
  /** What a change of the value does to a tenant that runs. */
  readonly change: string;
}

/** The words for each field of the file, read by the reference. */
export const fieldDocs = z.registry<FieldDoc>();

/** Attaches the words to a field's schema, for the reference and, as its description, for editors. */
export function documented<S extends z.ZodType>(schema: S, doc: FieldDoc, json: Record<string, unknown> = {}): S {
  fieldDocs.add(schema, doc);
  const description = `${doc.meaning} ${doc.limits} Default: ${doc.byDefault} A change: ${doc.change}`;
  z.globalRegistry.add(schema, { description, ...json });
  return schema;
}

// The kinds of fields. Every message reads "what was expected; how to mend it"; where it is and what was got is put before.

interface Refused {
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
    const meant = Math.round(Number.parseFloat(String(input)));
    const value = Number.isNaN(meant) ? min : Math.min(max, Math.max(min, meant));
    return `a whole number from ${min} to ${max}${typeof input === "string" ? ", without quotes" : ""}; write ${value}`;
  };
  return z.int({ error }).min(min, { error }).max(max, { error });
}

interface NameForm {
  /** The form in words. */
  readonly expected: string;
  readonly pattern: RegExp;
  /** What stands between words; other separators are taken for a slip. */
  readonly separator: "-" | "_";
  /** Why a name that fits is not to be had; undefined when it is. */
  readonly whyReserved: (name: string) => string | undefined;
  /** The advice when no correction can be guessed. */
  readonly otherwise: string;
}

/** A name of a fixed form. */
export function name({ expected, pattern, separator, whyReserved, otherwise }: NameForm) {
  const fits = (text: string): boolean => pattern.test(text) && whyReserved(text) === undefined;
  const fix = (input: unknown): string => {
    // YAML reads true, null and 12 as something else than text.
    if (typeof input !== "string") {
      const unquoted = input !== undefined && input !== null && fits(String(input));
      return unquoted ? `put it in quotes ("${String(input)}") or ${otherwise}` : otherwise;
    }
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
      error: ({ input }) => `a name that is not reserved: ${whyReserved(String(input))}; choose another`,
    });
}
