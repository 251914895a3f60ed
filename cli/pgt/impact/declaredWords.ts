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
  readonly value: {
    readonly droppedOn?: string | undefined;
    /** What it is, by the names of its fields. */
    readonly fields: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  };
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
    ...databases.flatMap(({ name, extensions, schemas, ...database }, index): Thing[] => [
      // The tenant's own database is a field by itself.
      ...(index === 0 ? [] : [thing("database", name, database)]),
      ...extensions.map(({ name: own, ...rest }) => thing("extension", `${own} of ${name}`, rest)),
      ...schemas.map(({ name: own, ...rest }) => thing("schema", `${own} of ${name}`, rest)),
    ]),
    ...roles.map(({ name, ...rest }) => thing("role", name, rest)),
    // Those that need a restart are the container's.
    ...Object.entries(settings.reload).map(([name, value]) => thing("setting", name, { value })),
  ];
  return new Map(things.map((thing) => [`${thing.kind} ${thing.name}`, thing]));
}

function thing(
  kind: Thing["kind"],
  name: string,
  { droppedOn, ...fields }: Thing["value"]["fields"] & { readonly droppedOn?: string | undefined },
): Thing {
  return { kind, name, value: { droppedOn, fields } };
}

function reasonOf(before: Thing | undefined, after: Thing | undefined): Reason[] {
  const one = after ?? before;
  if (one === undefined || isDeepStrictEqual(before, after)) return [];
  const what = `${one.kind} ${one.name}`;
  if (after === undefined) return [gone(what, one)];
  const { droppedOn } = after.value;
  if (droppedOn !== undefined) return before?.value.droppedOn === undefined ? [dropped(what, after, before)] : [];
  // What was dropped is made anew.
  if (before === undefined || before.value.droppedOn !== undefined) return [added(what, after)];
  return [{ impact: endsSessions(before, after) ? "sessions end" : "in place", text: changed(what, before, after) }];
}

function added(what: string, { kind, value: { fields } }: Thing): Reason {
  switch (kind) {
    case "setting":
      return { impact: "in place", text: `${what}: the server's default → ${show(fields["value"])}` };
    case "role": {
      const told = ["login", "readOnly", "inRoles"].map((field) => `${field}: ${show(fields[field])}`);
      return { impact: "in place", text: `${what} added (${told.join(", ")})` };
    }
    case "database":
    case "extension":
    case "schema":
      return { impact: "in place", text: `${what} added` };
  }
}

/** Those of a role that may no longer log in. */
function endsSessions({ value: { fields: old } }: Thing, { value: { fields: young } }: Thing): boolean {
  return old["login"] === true && young["login"] === false;
}

function changed(what: string, before: Thing, after: Thing): string {
  const [old, young] = [before.value.fields, after.value.fields];
  const names = [...new Set([...Object.keys(old), ...Object.keys(young)])];
  const told = names
    .filter((name) => !isDeepStrictEqual(old[name], young[name]))
    .map((name) => `${name === "value" ? "" : `${name} `}${show(old[name])} → ${show(young[name])}`);
  return `${what}: ${told.join(", ")}`;
}

function show(value: Thing["value"]["fields"][string]): string {
  if (value === undefined) return "none";
  return Array.isArray(value) ? `[${value.join(", ")}]` : String(value);
}

/** Taking an entry out drops nothing. */
function gone(what: string, { kind, value: { droppedOn, fields } }: Thing): Reason {
  if (droppedOn !== undefined) return { impact: "in place", text: `${what}: no entry any more` };
  if (kind === "setting")
    return { impact: "in place", text: `${what}: ${show(fields["value"])} → the server's default` };
  if (kind === "role" && fields["login"] === true)
    return { impact: "sessions end", text: `${what} has no entry any more: it stays, and cannot log in` };
  return { impact: "in place", text: `${what} has no entry any more, and stays` };
}

function dropped(what: string, { kind }: Thing, before: Thing | undefined): Reason {
  switch (kind) {
    case "database":
    case "schema":
      return { impact: "data at risk", text: `${what} dropped, with all that is in it` };
    case "role":
      return {
        impact: before?.value.fields["login"] === false ? "in place" : "sessions end",
        text: `${what} dropped; what it owned is the tenant's`,
      };
    case "extension":
    case "setting":
      return { impact: "in place", text: `${what} dropped` };
  }
}
