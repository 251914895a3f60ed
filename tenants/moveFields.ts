import * as z from "zod";
import { documented } from "./fieldDocs.ts";

/** The fields of an entry that say where a tenant's data is, and what belongs to that place alone: what changes when the tenant moves. */
export const PLACE_FIELDS = [
  "isolation",
  "instance",
  "database",
  "user",
  "password",
  "memory",
  "cpuShares",
  "sharedBuffers",
  "disk",
  "tempFileLimit",
  "backup",
  "volume",
  "from",
  "confirmRestart",
] as const;
type PlaceField = (typeof PLACE_FIELDS)[number];

/** A place as it is written: fields of the entry that count there. Their values are held against the rules of an entry, see moveRules.ts. */
export type WrittenPlace = Readonly<Partial<Record<PlaceField, unknown>>>;

const place = () =>
  z
    .record(z.string(), z.unknown(), {
      error: () => "a mapping that pgt move wrote; write it as it was, or end the move: pgt move --undo",
    })
    .exactOptional();

const limits =
  "Written and taken out by `pgt move`. A mapping of fields that belong to a place: `isolation`, `instance`, `memory`, …";

/** A tenant's second place, while it moves and until that is accepted: [move.md](../docs/move.md). */
export const moveFields = {
  movingTo: documented(place(), {
    meaning: "The place that the tenant is being moved to: it is made, and no route leads there. [move.md](move.md)",
    limits,
    byDefault: "none.",
    change: "nothing for the tenant. Taken out, what was made there is deleted: leave that to `pgt move --undo`.",
  }),
  movedFrom: documented(place(), {
    meaning:
      "The place that the tenant was moved from, where its data of then is kept, closed to everybody. [move.md](move.md)",
    limits,
    byDefault: "none.",
    change: "refused, since the data would stay behind: `pgt move --accept` deletes it, `--undo` goes back.",
  }),
  discarded: documented(place(), {
    meaning: "A place that a move gave up: closed to everybody, and deleted next. [move.md](move.md)",
    limits,
    byDefault: "none.",
    change: "what is there is deleted when it is taken out: `pgt move --undo` and `--accept` do.",
  }),
};
