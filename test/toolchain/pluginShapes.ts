import { execFileSync } from "node:child_process";
import { environment, pluginPath } from "./harness.ts";
import type { ResourceShape, Shape } from "./sdkShapes.ts";

interface TypeSpec {
  readonly type?: string;
  readonly $ref?: string;
  readonly items?: TypeSpec;
  readonly additionalProperties?: TypeSpec;
  readonly secret?: boolean;
}

interface ObjectSpec {
  readonly type?: string;
  readonly properties?: Record<string, TypeSpec>;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
}

interface ResourceSpec extends ObjectSpec {
  readonly inputProperties?: Record<string, TypeSpec>;
  readonly requiredInputs?: readonly string[];
}

interface PackageSpec {
  readonly description?: string;
  readonly provider?: ResourceSpec;
  readonly resources: Record<string, ResourceSpec>;
  readonly types?: Record<string, ObjectSpec>;
}

/** The schema that an installed plugin gives of itself. */
export function pluginSchema(name: string): PackageSpec {
  const options = { encoding: "utf8", env: { ...process.env, ...environment() }, maxBuffer: 64 * 1024 * 1024 } as const;
  return JSON.parse(execFileSync("pulumi", ["package", "get-schema", pluginPath(name)], options)) as PackageSpec;
}

/** Rebuilt plugins say so in their schema; see toolchain/plugins/schema. */
export function isRebuilt(schema: PackageSpec): boolean {
  return schema.description?.startsWith("Rebuilt from published packages by pgtenants") ?? false;
}

/** Resources of a plugin by type token; `pulumi:providers:<name>` is its configuration, of which only the inputs count. */
export function pluginShapes(name: string, schema: PackageSpec): Map<string, ResourceShape> {
  const shape = (resource: ResourceSpec): ResourceShape => ({
    inputs: members(resource.inputProperties, resource.requiredInputs ?? [], schema, true),
    outputs: members(resource.properties, [], schema, false),
    secrets: Object.entries(resource.properties ?? {})
      .flatMap(([property, { secret }]) => (secret === true ? [property] : []))
      .sort(),
  });
  const shapes = new Map(Object.entries(schema.resources).map(([token, resource]) => [token, shape(resource)]));
  return shapes.set(name, shape(schema.provider ?? {}));
}

function members(
  properties: Record<string, TypeSpec> | undefined,
  required: readonly string[],
  schema: PackageSpec,
  markOptional: boolean,
): Shape {
  return Object.fromEntries(
    Object.entries(properties ?? {}).map(([name, spec]) => [
      `${name}${markOptional && !required.includes(name) ? "?" : ""}`,
      shapeOf(spec, schema, markOptional),
    ]),
  );
}

function shapeOf(spec: TypeSpec, schema: PackageSpec, markOptional: boolean): Shape {
  if (spec.$ref?.startsWith("#/types/") === true) {
    const declared = schema.types?.[decodeURIComponent(spec.$ref.slice("#/types/".length))];
    if (declared === undefined) throw new Error(`${spec.$ref}: not declared`);
    if (declared.enum !== undefined) return "string";
    return members(declared.properties, declared.required ?? [], schema, markOptional);
  }
  if (spec.$ref !== undefined) return "any";
  if (spec.items !== undefined) return [shapeOf(spec.items, schema, markOptional)];
  if (spec.additionalProperties !== undefined) return { "*": shapeOf(spec.additionalProperties, schema, markOptional) };
  return spec.type === "integer" ? "number" : (spec.type ?? "any");
}
