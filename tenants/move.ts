import { parseDocument } from "yaml";
import { EditError, type Entry, setField } from "./edit.ts";
import { PLACE_FIELDS, type WrittenPlace } from "./moveFields.ts";
import type { SecondPlaceField } from "./standby.ts";

/**
 * The edits of a move, text to text; none of them is one that an operator makes. In their order: begin, switch, and in the end discard and end.
 * A way back is revert and end.
 */

/** The new place is made beside the old one. */
export function beginMove(text: string, id: string, place: WrittenPlace): string {
  return setField(text, id, ["movingTo"], place);
}

/** The new place becomes the tenant's own, and the old one is kept. */
export function switchMove(text: string, id: string): string {
  return swapped(text, id, "movingTo", "movedFrom");
}

/** The old place becomes the tenant's own again, and the new one is given up. */
export function revertMove(text: string, id: string): string {
  return swapped(text, id, "movedFrom", "discarded");
}

/** The old place is given up: from the deployment of this on its data may be deleted. */
export function discardMoved(text: string, id: string): string {
  return setField(setField(text, id, ["discarded"], placeIn(text, id, "movedFrom")), id, ["movedFrom"], undefined);
}

/** The copy counts no more, and is closed: from the deployment of this on it may be deleted. */
export function discardTarget(text: string, id: string): string {
  return setField(setField(text, id, ["discarded"], placeIn(text, id, "movingTo")), id, ["movingTo"], undefined);
}

/** No second place any more. */
export function endMove(text: string, id: string): string {
  return setField(text, id, ["discarded"], undefined);
}

function swapped(text: string, id: string, from: SecondPlaceField, to: SecondPlaceField): string {
  const second = placeIn(text, id, from);
  if (second === undefined)
    throw new EditError(`${id}: got no ${from}, expected the one that pgt move has written`, "put it back");
  const entry = entryIn(text, id);
  const own = { isolation: "dedicated", ...Object.fromEntries(PLACE_FIELDS.flatMap((field) => pairOf(entry, field))) };
  const cleared = setField(text, id, [from], undefined);
  const placed = PLACE_FIELDS.reduce((sofar, field) => setField(sofar, id, [field], second[field]), cleared);
  return setField(placed, id, [to], own);
}

function pairOf(entry: Entry | undefined, field: (typeof PLACE_FIELDS)[number]): [string, unknown][] {
  const value = entry?.[field];
  return value === undefined ? [] : [[field, value]];
}

/** A second place as the file has it; undefined for none. */
function placeIn(text: string, id: string, field: SecondPlaceField): WrittenPlace | undefined {
  return entryIn(text, id)?.[field] as WrittenPlace | undefined;
}

function entryIn(text: string, id: string): Entry | undefined {
  const data: { readonly tenants?: readonly Entry[] } = parseDocument(text).toJS();
  return data.tenants?.find((entry) => entry.id === id);
}
