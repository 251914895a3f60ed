import * as z from "zod";

/** What became of the last swap of clusters, as the tenant's container keeps it. */
export const lastSwap = z.object({
  /** Seconds since 1970. */
  at: z.number(),
  outcome: z.enum(["done", "refused"]),
  /** Why it was refused. */
  said: z.string(),
  /** The target, or "undo". */
  what: z.string(),
  /** The folder of the cluster that was replaced. */
  replaced: z.string(),
});

const look = z.object({
  answers: z.boolean(),
  underWay: z.boolean(),
  /** The folder of the cluster that is kept; empty where there is none. */
  replaced: z.string(),
  last: lastSwap.nullable(),
});

/** What a tenant's volume holds beside the live cluster. */
export type InPlaceLook = z.infer<typeof look>;

/** Reads what `in-place.sh look` prints. @throws Error when it is of another form. */
export function parseLook(printed: string): InPlaceLook {
  return look.parse(JSON.parse(printed));
}

/** How it stands with a swap that was asked for: going on, or what it ended with. */
export function swapState({ answers, underWay, last }: InPlaceLook): "going on" | z.infer<typeof lastSwap> {
  return underWay || !answers || last === null ? "going on" : last;
}

/** How to go on after a swap. */
export function waysOn(id: string): string {
  return `pgt restore ${id} --accept deletes what was replaced, pgt restore ${id} --undo takes it back`;
}

/** The last restore in place that is still to be accepted, or that came to nothing. */
export function renderLastSwap(id: string, last: z.infer<typeof lastSwap> | undefined): string[] {
  if (last === undefined) return [];
  const at = new Date(last.at * 1000).toISOString();
  const what = last.what === "undo" ? "what was replaced was taken back" : `restored in place to ${last.what}`;
  return last.outcome === "done"
    ? [`${id}: ${what} at ${at}; ${waysOn(id)}`]
    : [`${id}: the last restore in place, at ${at}, changed nothing: ${last.said}`];
}
