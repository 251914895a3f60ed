import { PLACE_FIELDS, type WrittenPlace } from "./moveFields.ts";
import { type TenantEntry, TenantSchema } from "./schema.ts";
import { SECOND_PLACES, type SecondPlaceField, type Standby, secondPlaceFields } from "./standby.ts";

/** A tenant's second place as an entry of its own, as far as it could be read. */
export interface SecondPlace {
  readonly field: SecondPlaceField;
  readonly standby: Standby;
  readonly entry: Partial<TenantEntry>;
  /** Whether it fits an entry's schema. */
  readonly sound: boolean;
}

const places: readonly string[] = PLACE_FIELDS;
const elsewhere = [...places, ...Object.keys(SECOND_PLACES)];

/** The second place of an entry; undefined for most. What is no field of a place is the same in both. Pure. */
export function secondPlace(entry: Partial<TenantEntry>): SecondPlace | undefined {
  const [field] = secondPlaceFields(entry);
  const written: WrittenPlace | undefined = field === undefined ? undefined : entry[field];
  if (field === undefined || written === undefined) return undefined;
  const common = Object.entries(entry).filter(([name]) => !elsewhere.includes(name));
  const parsed = TenantSchema.safeParse({ ...Object.fromEntries(common), ...written });
  return {
    field,
    standby: SECOND_PLACES[field],
    entry: parsed.success ? parsed.data : {},
    sound: parsed.success && Object.keys(written).every((name) => places.includes(name)),
  };
}

/** The place that an entry gives, and the second one of a tenant that moves; empty where that is not sound. Pure. */
export function placesOf(entry: Partial<TenantEntry>): readonly Partial<TenantEntry>[] {
  return [entry, secondPlace(entry)?.entry ?? {}];
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
