import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import ts from "typescript";

/** A property's type with its names only: `"string"`, `[element]`, `{"*": value}` for a map, `{name: type}` for an object. */
export type Shape = string | [Shape] | { [name: string]: Shape };

/** What one resource takes and gives. An input's name ends in `?` if it may be left out. */
export interface ResourceShape {
  readonly inputs: Shape;
  readonly outputs: Shape;
  readonly secrets: readonly string[];
}

/** Resources of an installed SDK whose type token is wanted, by token, read from its type definitions. */
export function sdkShapes(packageName: string, wanted: (token: string) => boolean): Map<string, ResourceShape> {
  const folder = dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`));
  const inputs = namespaceOf(join(folder, "types/input.d.ts"));
  const outputs = namespaceOf(join(folder, "types/output.d.ts"));
  const shapes = new Map<string, ResourceShape>();
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".d.ts") || file.includes("node_modules")) continue;
    const script = readFileSync(join(folder, file.replace(/\.d\.ts$/, ".js")), "utf8");
    const token = /__pulumiType = '([^']+)'/.exec(script)?.[1];
    if (token === undefined || !wanted(token)) continue;
    const source = parse(join(folder, file));
    const resource = source.statements.find(ts.isClassDeclaration);
    const args = source.statements.filter(ts.isInterfaceDeclaration).find((one) => one.name.text.endsWith("Args"));
    if (resource === undefined || args === undefined) throw new Error(`${file}: no resource with arguments`);
    const isOutput = (member: ts.PropertyDeclaration) => !member.modifiers?.some(isStatic);
    shapes.set(token, {
      inputs: members(args.members.filter(ts.isPropertySignature), inputs, true),
      outputs: members(resource.members.filter(ts.isPropertyDeclaration).filter(isOutput), outputs, false),
      secrets: (/additionalSecretOutputs: \[([^\]]*)\]/.exec(script)?.[1] ?? "").match(/\w+/g)?.sort() ?? [],
    });
  }
  return shapes;
}

function isStatic({ kind }: ts.ModifierLike): boolean {
  return kind === ts.SyntaxKind.StaticKeyword;
}

type Namespace = ReadonlyMap<string, ts.InterfaceDeclaration>;
type Property = ts.PropertySignature | ts.PropertyDeclaration;

function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
}

function namespaceOf(path: string): Namespace {
  let source: ts.SourceFile;
  try {
    source = parse(path);
  } catch {
    return new Map(); // A package without nested types has no such file.
  }
  return new Map(source.statements.filter(ts.isInterfaceDeclaration).map((one) => [one.name.text, one]));
}

function members(properties: readonly Property[], types: Namespace, markOptional: boolean): Shape {
  return Object.fromEntries(
    properties.map((property) => {
      if (property.type === undefined) throw new Error(`${property.getText()}: no type`);
      const optional = markOptional && property.questionToken !== undefined;
      return [`${property.name.getText()}${optional ? "?" : ""}`, shapeOf(property.type, types, markOptional)];
    }),
  );
}

function shapeOf(node: ts.TypeNode, types: Namespace, markOptional: boolean): Shape {
  const inner = (child: ts.TypeNode) => shapeOf(child, types, markOptional);
  if (ts.isUnionTypeNode(node)) {
    const [only, ...others] = node.types.filter(({ kind }) => kind !== ts.SyntaxKind.UndefinedKeyword);
    if (only === undefined) throw new Error(`${node.getText()}: no type`);
    return others.length === 0 ? inner(only) : "any";
  }
  if (ts.isArrayTypeNode(node)) return [inner(node.elementType)];
  if (ts.isTypeLiteralNode(node)) {
    const index = node.members.find(ts.isIndexSignatureDeclaration);
    if (index === undefined) throw new Error(`${node.getText()}: not a map`);
    return { "*": inner(index.type) };
  }
  if (ts.isTypeReferenceNode(node)) {
    const name = node.typeName.getText();
    const wrapped = node.typeArguments?.[0];
    if (wrapped !== undefined) return inner(wrapped); // pulumi.Input<T>, pulumi.Output<T>
    if (name.startsWith("enums.")) return "string";
    if (name.startsWith("pulumi.asset.")) return "any";
    const declared = types.get(name.replace(/^(inputs|outputs)\./, ""));
    if (declared === undefined) throw new Error(`${name}: not declared`);
    return members(declared.members.filter(ts.isPropertySignature), types, markOptional);
  }
  return node.getText();
}
