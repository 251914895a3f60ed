import * as z from "zod";
import type { Operation } from "../../../components/changeEffects.ts";
import { nameIn, resourceTypes } from "../../../components/stackState.ts";
import { escaped } from "../../../tenants/text.ts";

const state = z.object({
  urn: z.string(),
  type: z.string(),
  custom: z.boolean().default(false),
  parent: z.string().optional(),
  /** Stays on the engine when it leaves the state. */
  retainOnDelete: z.boolean().optional(),
  inputs: z.record(z.string(), z.unknown()).optional(),
  outputs: z.record(z.string(), z.unknown()).optional(),
});

const step = z.object({
  op: z.string(),
  urn: z.string(),
  oldState: state.nullish(),
  newState: state.nullish(),
  diffReasons: z.array(z.string()).nullish(),
  replaceReasons: z.array(z.string()).nullish(),
});

const preview = z.object({
  config: z.record(z.string(), z.string()).default({}),
  steps: z.array(step).default([]),
  diagnostics: z.array(z.object({ message: z.string(), severity: z.string() })).default([]),
});

type ResourceState = z.infer<typeof state>;

/** One resource that a deployment would change, its steps taken together. */
export interface PreviewStep {
  readonly type: string;
  /** The name that the program gave it. */
  readonly name: string;
  /** What is done; where that is none of the words that are known, the engine's own. */
  readonly operation: Operation | { readonly unknown: string };
  /** The URN of the component that it belongs to. */
  readonly parent: string;
  /** False for a component, which is nothing on the machine. */
  readonly custom: boolean;
  readonly before: ResourceState | undefined;
  readonly after: ResourceState | undefined;
  /** The inputs that differ. */
  readonly properties: readonly string[];
}

/** What `pulumi preview --json` said. */
export interface Preview {
  /** Settings by their full names; secret ones are masked. */
  readonly config: Readonly<Record<string, string>>;
  readonly steps: readonly PreviewStep[];
  /** The program's own words, why the deployment would be refused. */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  /** The outputs that the stack had before; empty for a new one. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** What the engine says at the end where something else was said before. */
const lastWords = /^(?:preview failed|update failed)$/;

/**
 * Reads what `pulumi preview --json` printed; secrets in it are masked.
 * @throws Error when it is of another form: where in it, and what was expected.
 */
export function parsePreview(json: string): Preview {
  const { config, steps, diagnostics } = read(json);
  const said = (severity: string) =>
    diagnostics
      .filter((diagnostic) => diagnostic.severity === severity)
      .flatMap(({ message }) => linesOf(message.replace(new RegExp(`^${severity}: `), "")));
  const root = steps.find(({ urn }) => urn.includes("::pulumi:pulumi:Stack::"));
  return {
    config,
    steps: [...Map.groupBy(steps, ({ urn }) => urn).values()].flatMap(together),
    errors: said("error").filter((line) => !lastWords.test(line)),
    warnings: said("warning"),
    outputs: root?.oldState?.outputs ?? {},
  };
}

function read(json: string): z.infer<typeof preview> {
  try {
    return preview.parse(JSON.parse(json));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(`pulumi preview --json printed something of another form: ${reason.replaceAll(/\s+/g, " ")}`);
  }
}

function linesOf(message: string): string[] {
  return message
    .split("\n")
    .map((line) => escaped(line.trim()))
    .filter((line) => line !== "");
}

/** Steps that only look. */
const looking: readonly string[] = [
  "same",
  "read",
  "read-replacement",
  "read-discard",
  "refresh",
  "discard",
  "discard-replaced",
];

/** A replacement comes as up to three steps. */
const replacing: readonly string[] = ["replace", "create-replacement", "delete-replaced", "import-replacement"];

/** The steps of one resource as one; none where nothing happens to it. */
function together(steps: readonly z.infer<typeof step>[]): PreviewStep[] {
  const changing = steps.filter(({ op }) => !looking.includes(op));
  const before = changing.find(({ oldState }) => oldState != null)?.oldState ?? undefined;
  const after = changing.find(({ newState }) => newState != null)?.newState ?? undefined;
  const known = after ?? before;
  const [first] = changing;
  if (first === undefined || known === undefined) return [];
  const reasons = changing.flatMap(({ diffReasons, replaceReasons }) => [
    ...(diffReasons ?? []),
    ...(replaceReasons ?? []),
  ]);
  return [
    {
      type: known.type,
      name: nameIn(known.urn),
      operation: operationOf(first.op, before),
      parent: known.parent ?? "",
      custom: known.custom,
      before,
      after,
      properties: propertiesOf(reasons, before?.inputs, after?.inputs),
    },
  ];
}

function operationOf(op: string, before: ResourceState | undefined): PreviewStep["operation"] {
  if (replacing.includes(op)) return "replace";
  switch (op) {
    case "create":
    case "import":
      return "create";
    case "update":
      return "update";
    case "delete":
      // A key or password is nowhere but in the state, so nothing of it stays.
      return before?.retainOnDelete === true && before.type === resourceTypes.volume ? "forget" : "delete";
    default:
      return { unknown: op };
  }
}

/**
 * What differs, sorted: the engine's order is another each time. Its reasons also name what the provider computes, which says nothing where
 * an input differs as well.
 */
function propertiesOf(
  reasons: readonly string[],
  before: ResourceState["inputs"],
  after: ResourceState["inputs"],
): string[] {
  const inputs = { ...before, ...after };
  const own = [...differing(before, after), ...reasons.filter((name) => Object.hasOwn(inputs, name))];
  return [...new Set(own.length > 0 ? own : reasons)].sort();
}

/** The names of the inputs that are not the same before and after; none where one of the two is not there. */
function differing(before: ResourceState["inputs"], after: ResourceState["inputs"]): string[] {
  if (before === undefined || after === undefined) return [];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter(
    (name) => !name.startsWith("__") && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
}
