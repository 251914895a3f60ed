import { PLACE_FIELDS, type WrittenPlace } from "./moveFields.ts";
import { type TenantEntry, TenantSchema } from "./schema.ts";

/**
 * What a tenant's second place is. `target`: it is being filled, or was given up; nothing there counts. `source`: the tenant's data of before
 * a move, kept and closed.
 */
export type Standby = "target" | "source";

/** A tenant's second place as an entry of its own, as far as it could be read. */
export interface SecondPlace {
  readonly field: "movingTo" | "movedFrom";
  readonly standby: Standby;
  readonly entry: Partial<TenantEntry>;
  /** Whether it fits an entry's schema. */
  readonly sound: boolean;
}

const places: readonly string[] = PLACE_FIELDS;

/** The second place of an entry; undefined for most. What is no field of a place is the same in both. Pure. */
export function secondPlace(entry: Partial<TenantEntry>): SecondPlace | undefined {
  const field = entry.movingTo !== undefined ? "movingTo" : "movedFrom";
  const written: WrittenPlace | undefined = entry[field];
  if (written === undefined) return undefined;
  const elsewhere = [...places, "movingTo", "movedFrom"];
  const common = Object.entries(entry).filter(([name]) => !elsewhere.includes(name));
  const parsed = TenantSchema.safeParse({ ...Object.fromEntries(common), ...written });
  return {
    field,
    standby: field === "movingTo" ? "target" : "source",
    entry: parsed.success ? parsed.data : {},
    sound: parsed.success && Object.keys(written).every((name) => places.includes(name)),
  };
}

/** A second place that passed every check. */
export interface WholeSecondPlace {
  readonly entry: TenantEntry;
  readonly standby: Standby;
}

/** The second places of entries that passed every check. */
export function wholeSecondPlaces(entries: readonly TenantEntry[]): readonly WholeSecondPlace[] {
  return entries.flatMap((entry) => {
    const second = secondPlace(entry);
    return second === undefined ? [] : [{ entry: TenantSchema.parse(second.entry), standby: second.standby }];
  });
}
