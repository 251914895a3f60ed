import { isSeq } from "yaml";
import { EditError, edited, find, formerIdsIn, setPair } from "./edit.ts";
import { quoted } from "./text.ts";
import { appendItem, removeItem } from "./yamlSplice.ts";

/**
 * Gives an entry another id, and notes the old one under `renamedFrom`, after earlier ones: each once, and the first, which names the volume,
 * for good. @throws EditError for an unknown or taken id.
 */
export function renameTenant(text: string, id: string, newId: string): string {
  const before = withoutFormer(text, id, newId);
  return edited(before, (list, data) => {
    const { entry, at } = find(list, data, id);
    if (data.some((other) => other.id === newId)) {
      throw new EditError(`tenant ${quoted(newId)} is there already`, "choose another id");
    }
    const renamed = { ...data[at], id: newId };
    const newName = setPair(before, entry, "id", newId);
    const formerIds = formerIdsIn(data[at]);
    if (formerIds.includes(id)) return { splices: [newName], meant: data.with(at, renamed) };
    const renamedFrom = formerIds.length === 0 ? id : [...formerIds, id];
    const node = entry.get("renamedFrom");
    const noted = isSeq(node) ? appendItem(before, node, id) : setPair(before, entry, "renamedFrom", renamedFrom);
    return { splices: [newName, noted], meant: data.with(at, { ...renamed, renamedFrom }) };
  });
}

/** An id that the tenant gets back is no earlier one any more, unless it is the first. */
function withoutFormer(text: string, id: string, former: string): string {
  return edited(text, (list, data) => {
    const { entry, at } = find(list, data, id);
    const formerIds = formerIdsIn(data[at]);
    const place = formerIds.indexOf(former);
    const node = entry.get("renamedFrom");
    if (place < 1 || !isSeq(node)) return { splices: [], meant: data };
    const changed = { ...data[at], id, renamedFrom: formerIds.toSpliced(place, 1) };
    return { splices: [removeItem(text, node, place)], meant: data.with(at, changed) };
  });
}
