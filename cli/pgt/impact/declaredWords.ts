import { isDeepStrictEqual } from "node:util";
import type { Declared } from "../../../tenants/declared.ts";
import type { PreviewStep } from "./preview.ts";
import type { Reason } from "./reasons.ts";
import { recordIn } from "./words.ts";

/** Something that is declared inside a server. */
interface Thing {
  readonly kind: "database" | "role" | "extension" | "schema" | "setting";
  /** With where it is, such as `sales of analytics`. */
  readonly name: string;
  readonly value: { readonly droppedOn?: string | undefined; readonly login?: boolean | undefined };
}

/** What changes of what is declared inside a tenant's server, in words, by the environment of its SQL step. */
export function declaredReasons({ before, after }: PreviewStep): Reason[] {
  const [old, young] = [before, after].map((one) => thingsIn(recordIn(one?.inputs?.["environment"])["DECLARED"]));
  if (old === undefined || young === undefined || before === undefined || after === undefined) return [];
  return [...new Set([...old.keys(), ...young.keys()])].flatMap((key) => reasonOf(old.get(key), young.get(key)));
}

function thingsIn(text: unknown): ReadonlyMap<string, Thing> {
  if (typeof text !== "string") return new Map();
  const { databases, roles, settings }: Declared = JSON.parse(text);
  const things: Thing[] = [
    ...databases.flatMap(({ name, droppedOn, extensions, schemas }, index): Thing[] => [
      // The tenant's own database is a field by itself.
      ...(index === 0 ? [] : [{ kind: "database", name, value: { droppedOn } } as const]),
      ...extensions.map((value) => ({ kind: "extension", name: `${value.name} of ${name}`, value }) as const),
      ...schemas.map((value) => ({ kind: "schema", name: `${value.name} of ${name}`, value }) as const),
    ]),
    ...roles.map((value) => ({ kind: "role", name: value.name, value }) as const),
    // Those that need a restart are the container's.
    ...Object.entries(settings.reload).map(
      ([name, value]) => ({ kind: "setting", name: `${name} = ${value}`, value: {} }) as const,
    ),
  ];
  return new Map(things.map((thing) => [`${thing.kind} ${thing.name}`, thing]));
}

function reasonOf(before: Thing | undefined, after: Thing | undefined): Reason[] {
  const thing = after ?? before;
  if (thing === undefined || isDeepStrictEqual(before, after)) return [];
  const what = `${thing.kind} ${thing.name}`;
  if (after === undefined) return [gone(what, thing)];
  const { droppedOn } = after.value;
  if (droppedOn !== undefined) return before?.value.droppedOn === undefined ? [dropped(what, after)] : [];
  const text = `${what} ${before === undefined ? "added" : "changed"}`;
  const ends = before?.value.login === true && after.value.login === false;
  return [{ impact: ends ? "sessions end" : "in place", text }];
}

/** Taking an entry out drops nothing. */
function gone(what: string, { kind, value }: Thing): Reason {
  if (value.droppedOn !== undefined) return { impact: "in place", text: `${what}: no entry any more` };
  if (kind === "setting") return { impact: "in place", text: `${what} taken out` };
  if (kind === "role" && value.login === true)
    return { impact: "sessions end", text: `${what} has no entry any more: it stays, and cannot log in` };
  return { impact: "in place", text: `${what} has no entry any more, and stays` };
}

function dropped(what: string, { kind }: Thing): Reason {
  switch (kind) {
    case "database":
    case "schema":
      return { impact: "data at risk", text: `${what} dropped, with all that is in it` };
    case "role":
      return { impact: "sessions end", text: `${what} dropped; what it owned is the tenant's` };
    case "extension":
    case "setting":
      return { impact: "in place", text: `${what} dropped` };
  }
}
