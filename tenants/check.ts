import * as z from "zod";
import { type InstanceEntry, InstanceSchema } from "./instanceFields.ts";
import type { Path, Problem } from "./issues.ts";
import {
  DefaultsSchema,
  type PlanFields,
  PlanSchema,
  type TenantEntry,
  TenantSchema,
  type TenantsFile,
  TenantsFileSchema,
} from "./schema.ts";
import { closest, either, quoted } from "./text.ts";

/** What could be read of a file: fields that were refused are absent, ids are there even when they do not fit. */
export interface Draft {
  readonly defaults: { readonly plan?: string };
  readonly plans: Readonly<Record<string, PlanFields>>;
  readonly tenants: readonly Partial<TenantEntry>[];
  readonly instances: readonly Partial<InstanceEntry>[];
}

/** What the schema makes of the file's data. `file` is there when nothing was wrong. */
interface Checked {
  readonly problems: readonly Problem[];
  readonly draft: Draft;
  readonly file: TenantsFile | undefined;
}

/** Holds `data` against the schema; with the draft, the rules can be checked although the schema found problems. */
export function checkSchema(data: unknown): Checked {
  const result = TenantsFileSchema.safeParse(data);
  return {
    problems: result.success ? [] : result.error.issues.flatMap(problemsOf),
    draft: draftOf(data),
    file: result.success ? result.data : undefined,
  };
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownField(path, key));
  if (issue.code === "invalid_key") {
    const name = String(path.at(-1));
    return [{ path, at: "key", got: quoted(name), advice: issue.issues[0]?.message ?? issue.message }];
  }
  if (issue.code === "invalid_union") return unionProblems(issue, path);
  // Somebody may have written the password itself, and messages end up in logs.
  if (path.at(-1) === "password") return [{ path, got: "something else", advice: issue.message }];
  return [{ path, advice: issue.message }];
}

/** What is wrong inside the one alternative whose kind of value it is; when it is of no alternative's kind, that. */
function unionProblems(issue: z.core.$ZodIssueInvalidUnion, path: Path): Problem[] {
  const meant = issue.errors.find(
    (issues) => !issues.some(({ code, path }) => code === "invalid_type" && !path.length),
  );
  if (meant === undefined) return [{ path, advice: issue.message }];
  return meant.flatMap(problemsOf).map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
}

function unknownField(path: Path, key: string): Problem {
  const known = fieldsAt(path);
  const meant = closest(key, known);
  return {
    path: [...path, key],
    at: "key",
    got: `the unknown field ${quoted(key)}`,
    advice: `${either(known)}; ${meant === undefined ? "remove it" : `did you mean "${meant}"?`}`,
  };
}

/** The fields of the mapping at a path, or of the innermost one above it that has some. */
function fieldsAt(path: Path): readonly string[] {
  let at: unknown = TenantsFileSchema;
  let fields = Object.keys(TenantsFileSchema.shape);
  for (const step of path) {
    at = inside(at, step);
    if (at instanceof z.ZodObject) fields = Object.keys(at.shape);
  }
  return fields;
}

/** The schema of what is in a list or mapping, by its key. */
function inside(schema: unknown, step: PropertyKey): unknown {
  const field =
    schema instanceof z.ZodArray
      ? schema.element
      : schema instanceof z.ZodRecord
        ? schema.valueType
        : schema instanceof z.ZodObject
          ? schema.shape[String(step)]
          : undefined;
  return field instanceof z.ZodExactOptional ? field.unwrap() : field;
}

function draftOf(data: unknown): Draft {
  const { defaults, plans, tenants, instances } = isRecord(data) ? data : {};
  return {
    defaults: soundFields(DefaultsSchema, defaults),
    plans: Object.fromEntries(
      Object.entries(isRecord(plans) ? plans : {}).map(([name, plan]) => [name, soundFields(PlanSchema, plan)]),
    ),
    tenants: soundEntries(TenantSchema, tenants),
    instances: soundEntries(InstanceSchema, instances),
  };
}

function soundEntries<S extends z.ZodObject>(schema: S, entries: unknown): Partial<z.infer<S>>[] {
  return (Array.isArray(entries) ? entries : []).map((entry: unknown) => ({
    ...soundFields(schema, entry),
    ...(isRecord(entry) && typeof entry["id"] === "string" ? { id: entry["id"] } : {}),
  }));
}

/** The fields of `data` that fit the schema. */
function soundFields<S extends z.ZodObject>(schema: S, data: unknown): Partial<z.infer<S>> {
  const found = isRecord(data) ? data : {};
  const sound = Object.entries(schema.shape).filter(
    ([name, field]) => found[name] !== undefined && (field as z.ZodType).safeParse(found[name]).success,
  );
  return Object.fromEntries(sound.map(([name]) => [name, found[name]])) as Partial<z.infer<S>>;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
