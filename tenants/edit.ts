import { isDeepStrictEqual } from "node:util";
import { isMap, isScalar, isSeq, parseDocument, type YAMLMap, type YAMLSeq } from "yaml";
import { closest, either, quoted } from "./text.ts";
import { readYaml } from "./yaml.ts";
import { appendItem, appendPair, removeItem, removePair, replaceValue, type Splice, splice } from "./yamlSplice.ts";

/**
 * Edits of tenants.yaml, text to text. Only what an edit means changes; every other character stays, comments, order, quotes and
 * blank lines included. What comes out is read again and says exactly what was meant, or the edit is refused.
 */

/** The edit cannot be made. The message says why, `fix` what to do instead; the text is as it was. */
export class EditError extends Error {
  override readonly name = "EditError";
  readonly fix: string;

  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}

/** A tenant's entry as plain data. */
export type Entry = { readonly id: string } & Readonly<Record<string, unknown>>;

/** A field of an entry: `["state"]`, `["access", "enabled"]`. */
export type FieldPath = readonly [field: string, inside?: string];

/** What a field has when it is not there, for those where an absent field reads better than one that says what would be anyhow. */
const UNWRITTEN: readonly (readonly [path: string, value: unknown])[] = [
  ["state", "running"],
  ["access.enabled", true],
  ["password", "generated"],
  ["tls", "terminate"],
  ["tier", "standard"],
  ["isolation", "dedicated"],
];

/** Puts a new entry at the end of the list, in the list's own style. @throws EditError when the id is taken. */
export function addTenant(text: string, entry: Entry): string {
  return edited(text, (list, data) => {
    if (data.some(({ id }) => id === entry.id)) {
      throw new EditError(`tenant ${quoted(entry.id)} is there already`, "choose another id, or change its entry");
    }
    return { splices: [appendItem(text, list, entry)], meant: [...data, entry] };
  });
}

/**
 * Sets one field of an entry; undefined takes it out. A default that the file does not spell out is not written but left out. A comment
 * on the line of a field that goes stays, on a line of its own. @throws EditError for an unknown id.
 */
export function setField(text: string, id: string, [field, inside]: FieldPath, value: unknown): string {
  return edited(text, (list, data) => {
    const { entry, at } = find(list, data, id);
    const own = inside === undefined ? data[at] : data[at]?.[field];
    const before = isRecord(own) ? own[inside ?? field] : undefined;
    const byDefault = UNWRITTEN.some(([path, unwritten]) => path === pathOf(field, inside) && unwritten === value);
    const after = byDefault && before !== value ? undefined : value;
    if (isDeepStrictEqual(before, after)) return { splices: [], meant: data };

    const changed = without({ ...(isRecord(own) ? own : {}), [inside ?? field]: after });
    const whole = Object.keys(changed).length > 0 ? changed : undefined;
    const meant = inside === undefined ? changed : without({ ...data[at], [field]: whole });
    const nested = entry.get(field);
    const splices =
      inside !== undefined && isMap(nested) && whole !== undefined
        ? [setPair(text, nested, inside, after)]
        : [setPair(text, entry, field, inside === undefined ? after : whole)];
    return { splices, meant: data.with(at, meant as Entry) };
  });
}

/** Takes an entry out, with the comments inside it; those above it stay. @throws EditError for an unknown id. */
export function removeEntry(text: string, id: string): string {
  return edited(text, (list, data) => {
    const { at } = find(list, data, id);
    return { splices: [removeItem(text, list, at)], meant: data.toSpliced(at, 1) };
  });
}

/** The earlier ids of an entry, before the rules have looked at them. */
export function formerIdsIn(entry: Entry | undefined): readonly unknown[] {
  return [entry?.["renamedFrom"] ?? []].flat();
}

interface Edit {
  readonly splices: readonly Splice[];
  /** The entries as they are to read afterwards. */
  readonly meant: readonly Entry[];
}

/** Makes an edit, and reads the result again. @throws EditError where it is not exactly what was meant, or there is no list. */
export function edited(text: string, edit: (list: YAMLSeq, data: readonly Entry[]) => Edit): string {
  const before = readYaml(text).data;
  const list = parseDocument(text, { keepSourceTokens: true }).get("tenants");
  if (!isRecord(before) || !isSeq(list) || list.items.length === 0) {
    throw new EditError("the file has no list of tenants", 'write "tenants:" and below it "  - id: acme"');
  }
  const { splices, meant } = edit(list, before["tenants"] as Entry[]);
  const result = splice(text, splices);
  const after = readYaml(result);
  const sound = after.problems.length + after.syntaxProblems.length === 0;
  if (sound && isDeepStrictEqual(after.data, { ...before, tenants: meant })) return result;
  throw new EditError("the file is written in a way that cannot be edited safely", "change the entry by hand");
}

/** An entry by its id. @throws EditError that names the nearest one. */
export function find(
  list: YAMLSeq,
  data: readonly Entry[],
  id: string,
): { readonly entry: YAMLMap; readonly at: number } {
  const at = data.findIndex((entry) => entry.id === id);
  const entry = list.items[at];
  if (isMap(entry)) return { entry, at };
  const ids = data.map((other) => other.id);
  const renamed = data.find((entry) => formerIdsIn(entry).includes(id));
  const meant = renamed?.id ?? closest(id, ids);
  throw new EditError(
    `no tenant ${quoted(id)} in the file`,
    meant === undefined ? `take one of ${either(ids)}` : `did you mean ${meant}?`,
  );
}

/** Another value for a key of an entry; undefined takes it out. */
export function setPair(text: string, map: YAMLMap, key: string, value: unknown): Splice {
  const pair = map.items.find((item) => isScalar(item.key) && item.key.value === key);
  if (value === undefined) return pair === undefined ? { from: 0, to: 0, text: "" } : removePair(text, map, pair);
  return pair === undefined ? appendPair(text, map, key, value) : replaceValue(pair, value);
}

function pathOf(field: string, inside: string | undefined): string {
  return inside === undefined ? field : `${field}.${inside}`;
}

function without(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
