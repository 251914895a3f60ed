import * as z from "zod";
import { documented } from "./fieldDocs.ts";
import { type Refused, word } from "./fields.ts";

/** What every thing has that is declared by name. @param what such as "database". @param goes what a drop takes with it. */
export function ensured(what: string, goes: string) {
  return {
    ensure: documented(word(["present", "absent"]).exactOptional(), {
      meaning: `Whether there is to be this ${what}. Taking the entry out of the file drops nothing; \`absent\` does, ${goes}.`,
      limits: "`present` or `absent`; `absent` needs `confirm`.",
      byDefault: "`present`.",
      change: "to `absent` drops it at the next deployment, without a restart of the tenant.",
    }),
    confirm: documented(
      z
        .string({
          error: () => `the name of the ${what} and a date, as text; write it as "confirm: <name> 2026-11-21"`,
        })
        .exactOptional(),
      {
        meaning: `Says that the drop of this ${what} is meant. One confirmation drops once: where somebody makes it again, another date is needed.`,
        limits:
          "Its name and today's date, such as `analytics 2026-11-21`. Only with `ensure: absent`. When it is dropped, the date is at most 14 days old.",
        byDefault: "none.",
        change: "nothing by itself.",
      },
    ),
  };
}

/** A list of declared things. @param most how many there may be. @param example the whole field, well written. */
export const list = <S extends z.ZodType>(item: S, most: number, what: string, example: string) =>
  z
    .array(item, { error: () => `a list of ${what}; write it as "${example}"` })
    .max(most, { error: () => `at most ${most} ${what}; keep those that are needed` });

/** What is said of an item that is no mapping with a name. @param what such as "a role". @param example an item, well written. */
export const shaped = (what: string, example: string) => ({
  error: ({ input }: Refused) => {
    const meant = typeof input === "string" && /^[a-z0-9_-]{1,63}$/.test(input) ? `- name: ${input}` : example;
    return `${what} with a name; write it as "${meant}"`;
  },
});
