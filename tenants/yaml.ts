import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Pair, parseDocument } from "yaml";
import type { LocatedProblem, Path } from "./issues.ts";
import { escaped, quoted } from "./text.ts";
import { syntaxProblems } from "./yamlSyntax.ts";

/** Where a value is in the text, and how to show it. */
interface Spot {
  readonly offset: number;
  readonly end: number;
  readonly got: string;
}

/** A text, read as strict YAML. */
export interface YamlText {
  /** The content as plain data, without what was refused. */
  readonly data: unknown;
  /** What is not YAML, in the order of the text: from the first of them on, the data may have been misread. */
  readonly syntaxProblems: readonly LocatedProblem[];
  /** What is YAML, and not wanted here. */
  readonly problems: readonly LocatedProblem[];
  /** The value at `path`, or its key; for a path that is not there, the mapping or list in which it is missing. */
  find(path: Path, at?: "key"): Spot;
  position(offset: number): { readonly line: number; readonly column: number };
}

/**
 * Reads one document of YAML 1.2 (core schema) and nothing beyond plain mappings, lists and scalars: no anchors, aliases,
 * tags, merge keys or second values for a key, which hide what a change of the file does, and cost time without bound.
 */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    strict: true,
    stringKeys: true,
    merge: false,
    resolveKnownTags: false,
    // Checked below with a set: the parser compares every key with every other.
    uniqueKeys: false,
    prettyErrors: false,
    lineCounter: lines,
  });
  const problems = versionProblems(document);
  return {
    data: plainData(document.contents, [], problems),
    syntaxProblems: syntaxProblems(document, (offset) => lines.linePos(offset).line),
    problems,
    find: finder(document.contents),
    position: (offset) => {
      const { line, col } = lines.linePos(offset);
      return { line: Math.max(line, 1), column: Math.max(col, 1) };
    },
  };
}

function versionProblems(document: Document.Parsed): LocatedProblem[] {
  const version = document.directives?.yaml.version ?? "1.2";
  if (version === "1.2") return [];
  return [
    { path: [], offset: 0, got: `a %YAML ${escaped(version)} directive`, advice: "YAML 1.2; remove the directive" },
  ];
}

/** Keys that reach the prototype of a JavaScript object instead of naming a field. */
const PROTOTYPE_KEYS: readonly string[] = ["__proto__", "constructor", "prototype"];

function plainData(node: unknown, path: Path, problems: LocatedProblem[]): unknown {
  if (!isNode(node)) return null;
  const offset = node.range?.[0] ?? 0;
  const refuse = (got: string, advice: string): void => void problems.push({ path, reliesOn: [], offset, got, advice });
  if (isAlias(node)) return refuse(`the alias ${quoted(`*${node.source}`)}`, "no aliases; write the value out");
  if (node.anchor !== undefined) refuse(`the anchor ${quoted(`&${node.anchor}`)}`, "no anchors; remove it");
  if (node.tag !== undefined)
    refuse(
      `the tag ${quoted(node.tag.replace(/^tag:yaml\.org,2002:/, "!!"))}`,
      "no tags; remove it, and put text in quotes",
    );
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map((item, index) => plainData(item, [...path, index], problems));
  if (isMap(node)) return Object.fromEntries(plainEntries(node.items, path, problems));
  return null;
}

function plainEntries(pairs: readonly Pair[], path: Path, problems: LocatedProblem[]): [string, unknown][] {
  const entries = new Map<string, unknown>();
  for (const { key, value } of pairs) {
    const keyProblems: LocatedProblem[] = [];
    const name = plainData(key, path, keyProblems);
    // A list or a mapping as a key was told as an error of syntax.
    if (typeof name !== "string" && keyProblems.length === 0) continue;
    const field = [...path, String(name)];
    const offset = isNode(key) ? (key.range?.[0] ?? 0) : 0;
    const wrong = whatIsWrong(String(name), entries);
    if (wrong !== undefined) keyProblems.push({ path: field, reliesOn: [], offset, ...wrong });
    problems.push(...keyProblems.map((problem) => ({ ...problem, path: field })));
    if (keyProblems.length === 0) entries.set(String(name), plainData(value, field, problems));
  }
  return [...entries];
}

function whatIsWrong(
  key: string,
  before: ReadonlyMap<string, unknown>,
): Pick<LocatedProblem, "got" | "advice"> | undefined {
  if (PROTOTYPE_KEYS.includes(key)) return { got: `the key ${quoted(key)}`, advice: "a field of this file; remove it" };
  if (key === "<<") return { got: 'the merge key "<<"', advice: "no merge keys; write the fields out" };
  if (before.has(key)) return { got: `the key ${quoted(key)} again`, advice: "each key once; remove one of the two" };
  return undefined;
}

/** Finds by path. Each mapping is indexed once: a file of nothing but mistakes is looked up as often as it has keys. */
function finder(root: unknown): YamlText["find"] {
  const indexes = new WeakMap<object, ReadonlyMap<unknown, Pair>>();
  const pairAt = (node: unknown, key: string | number): Pair | undefined => {
    if (!isMap(node)) return undefined;
    const index =
      indexes.get(node) ?? new Map(node.items.map((pair) => [isScalar(pair.key) ? pair.key.value : pair, pair]));
    indexes.set(node, index);
    return index.get(key);
  };
  return (path, at) => {
    let node = root;
    let key: unknown;
    for (const step of path) {
      const pair = pairAt(node, step);
      const child = isSeq(node) && typeof step === "number" ? node.items[step] : undefined;
      if (pair === undefined && child === undefined) return { ...span(node, node), got: "nothing" };
      key = pair?.key;
      node = pair === undefined ? child : pair.value;
    }
    return { ...(at === "key" ? span(key, key) : span(node, key)), got: describe(node) };
  };
}

/** Where `node` is; an empty value is where its key is. */
function span(node: unknown, key: unknown): Pick<Spot, "offset" | "end"> {
  const empty = !isNode(node) || (isScalar(node) && node.source === "" && node.type === "PLAIN");
  const shown = empty && isNode(key) ? key : node;
  const [offset, end] = (isNode(shown) ? shown.range : undefined) ?? [0, 0];
  return { offset, end };
}

function describe(node: unknown): string {
  if (isMap(node)) return "a mapping";
  if (isSeq(node)) return node.items.length === 0 ? "an empty list" : `a list of ${node.items.length}`;
  if (!isScalar(node)) return isNode(node) ? "an alias" : "nothing";
  if (typeof node.value === "string") return quoted(node.value);
  return node.source === undefined || node.source === "" ? "nothing" : escaped(node.source);
}
