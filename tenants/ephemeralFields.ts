import * as z from "zod";
import { documented } from "./fieldDocs.ts";
import type { Refused } from "./fields.ts";
import { guessable } from "./text.ts";
import { guessMilliseconds, LIFETIME_PATTERN, parseLifetimeSeconds } from "./units.ts";

/** Longer than any review takes; what is to live on belongs to no pull request. */
const longestDays = 90;

const DAY_SECONDS = 86_400;

function lifetime() {
  const error = ({ input }: Refused): string => {
    const meant = guessMilliseconds(guessable(input).trim().replace(/d$/, "days"));
    const days = meant === undefined ? 7 : Math.min(longestDays, Math.max(1, Math.ceil(meant / DAY_SECONDS / 1000)));
    return `a life such as "12 h" or "7 days", ${longestDays} days at most; write "${days} ${days === 1 ? "day" : "days"}"`;
  };
  return z
    .string({ error })
    .regex(LIFETIME_PATTERN, { abort: true, error })
    .refine((text) => parseLifetimeSeconds(text) <= longestDays * DAY_SECONDS, { error });
}

/** Of a tenant that goes by itself, and whose data goes with it. */
export const EphemeralSchema = z.strictObject(
  {
    expires: documented(lifetime(), {
      meaning:
        "How long the tenant lives, from its first deployment on. The first deployment after that removes it with all its data, and asks nobody: for databases of pull requests, trials and the like. It is not protected, has no backups unless `backup.enabled` says so, and goes as soon as its entry does.",
      limits: `A whole number of \`min\`, \`h\` or \`days\`, up to \`${longestDays} days\`. Not with \`state: removed\`, \`renamedFrom\` or \`volume\`. Never for a tenant that was made without it, nor over data that is kept of one.`,
      byDefault: "none: the tenant stays, and is protected.",
      change:
        "nothing: it counts when the tenant is made. Taken out, with `ephemeral`, the tenant stays and is protected from then on.",
    }),
  },
  { error: () => 'a mapping with expires; write it as "ephemeral: { expires: 7 days }"' },
);
