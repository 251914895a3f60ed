import type { TenantEntry } from "./schema.ts";

/** The fields that hold a second place, and what it is then. */
export const SECOND_PLACES = { movingTo: "target", movedFrom: "source", discarded: "discarded" } as const;
export type SecondPlaceField = keyof typeof SECOND_PLACES;

/**
 * What a tenant's second place is. `target`: it is being filled, and nothing there counts yet. `source`: the tenant's data of before a move, kept
 * and closed. `discarded`: it was given up, and is closed until it is deleted.
 */
export type Standby = (typeof SECOND_PLACES)[SecondPlaceField];

/** What the state calls a second place; undefined for the place that a tenant is in, and for anything else. */
export function standbyOf(text: unknown): Standby | undefined {
  return Object.values(SECOND_PLACES).find((standby) => standby === text);
}

/** Whether a second place goes without anybody's data: it is a copy that is being made, or was given up. */
export function isPassing(standby: Standby | undefined): boolean {
  return standby === "target" || standby === "discarded";
}

/** The fields of an entry that hold a second place: one at most in a file that passes the checks. */
export function secondPlaceFields(entry: Partial<TenantEntry>): readonly SecondPlaceField[] {
  return (["movingTo", "movedFrom", "discarded"] as const).filter((field) => entry[field] !== undefined);
}
