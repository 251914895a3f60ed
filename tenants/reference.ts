import * as z from "zod";
import { fieldDocs } from "./fieldDocs.ts";
import { InstanceSchema } from "./instanceFields.ts";
import { BUILT_IN_PLANS } from "./plans.ts";
import { DefaultsSchema, PlanSchema, TenantSchema, TenantsFileSchema } from "./schema.ts";

/** An entry with most of what can be said about a tenant. */
const EXAMPLE = `instances:
  - id: shared-1
    plan: large

tenants:
  - id: acme # all the rest as in the plan small
  - id: globex-eu
    plan: large
    memory: 4 GB # a value of its own wins over the plan's
    statementTimeout: 30 s
    database: orders
    user: app
    backup:
      keepDays: 30
    access:
      allow: [203.0.113.0/24, "2001:db8::/32"]
      maxConnectionsPerIp: 20
    databases: [{ name: analytics }] # beside orders
    roles: [{ name: reporting, readOnly: true }]
    extensions: [{ name: vector, version: latest }]
    settings: { work_mem: 8 MB }
    passwordVersion: 2 # a third password: 3
    tls: passthrough
    tier: production
  - id: hooli-group
    renamedFrom: hooli # data, role, database and password as before
    state: stopped
  - id: umbrella
    isolation: database # no server of its own
    instance: shared-1
  - id: initech
    state: removed
    confirm: initech 2026-11-21`;

/** The JSON Schema by which editors check and complete `tenants.yaml`. */
export function renderJsonSchema(): string {
  const schema = z.toJSONSchema(TenantsFileSchema, { target: "draft-07", io: "input" });
  return `${JSON.stringify({ title: "pgtenants: tenants.yaml", ...schema }, null, 2)}\n`;
}

/** The reference of `tenants.yaml` for people, in Markdown. */
export function renderReference(): string {
  return `${[
    "<!-- Generated from tenants/schema.ts by `npm run generate`. -->",
    "# tenants.yaml",
    "The one file an operator edits: which tenants there are, and what each of them gets. `tenants/tenants.yaml` is an example.",
    "The file is read as YAML 1.2, strictly: one document of at most 1 MB in UTF-8, each key once, no unknown fields, no anchors, aliases, merge keys or tags. All mistakes are reported at once, each with its line and a way to mend it, and none of them changes anything that runs.",
    `\`\`\`yaml\n${EXAMPLE}\n\`\`\``,
    "Sizes are texts such as `512 MB` or `2 GB`: a whole number, a space, the unit. 1 MB is 1,048,576 bytes and 1 GB is 1024 MB. Time spans are written the same way: `500 ms`, `30 s`, `10 min`, `2 h`.",
    "## tenants",
    "A list of 1 to 2000 tenants; at most 500 of them have a server of their own, instances counted in. Their order means nothing: what a tenant gets depends on its own entry, its plan and the defaults. Taking a tenant out of the list is an error, until its removal is confirmed: see [`state`](#state).",
    fieldsOf(TenantSchema),
    "## instances",
    "Servers that tenants share, at most 500 on each: [shared-instances.md](shared-instances.md). A list; its order means nothing. Taking an instance out of it is an error, until its removal is confirmed.",
    fieldsOf(InstanceSchema, "instances."),
    "## plans",
    "A mapping from plan names to the values that a plan gives. A plan with the name of a built-in one changes the values it sets; any other name is a new plan. A change of a plan's value is that change for every tenant of the plan that does not set the value itself.",
    `A plan can set ${Object.keys(PlanSchema.shape).map(code).join(", ")}, each as for a tenant. What it leaves out has the value of the built-in plan with its name; in a new plan, that of \`small\`.`,
    "Built in:",
    table(
      ["Plan", ...Object.keys(PlanSchema.shape).map(code)],
      [...BUILT_IN_PLANS].map(([name, plan]) => [
        code(name),
        ...Object.keys(PlanSchema.shape).map((field) =>
          inCell(plan[field as keyof typeof plan] ?? "a quarter of `disk`"),
        ),
      ]),
    ),
    "## defaults",
    "What holds for every tenant that says nothing else.",
    fieldsOf(DefaultsSchema, "defaults."),
  ].join("\n\n")}\n`;
}

/** A section for each field, those inside a field by their full name. */
function fieldsOf(schema: z.ZodObject, prefix = ""): string {
  const sections = Object.entries(schema.shape).map(([field, type]) => {
    const inner = type instanceof z.ZodExactOptional ? type.unwrap() : type;
    if (inner instanceof z.ZodObject) return fieldsOf(inner, `${prefix}${field}.`);
    const doc = fieldDocs.get(type as z.ZodType);
    if (doc === undefined) throw new Error(`the field "${prefix}${field}" has no words for the reference`);
    const own = [
      `### ${code(prefix + field)}`,
      doc.meaning,
      [`- Limits: ${doc.limits}`, `- Default: ${doc.byDefault}`, `- A change: ${doc.change}`].join("\n"),
    ];
    const each =
      inner instanceof z.ZodArray && inner.element instanceof z.ZodObject
        ? [fieldsOf(inner.element, `${prefix}${field}[].`)]
        : [];
    return [...own, ...each].join("\n\n");
  });
  return sections.join("\n\n");
}

function inCell(value: string | number | boolean | object): string {
  if (typeof value !== "object") return String(value);
  return Object.entries(value)
    .map(([field, inner]) => `${field}: ${inner}`)
    .join(", ");
}

function code(word: string): string {
  return `\`${word}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
