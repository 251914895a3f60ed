import { type CST, isMap, isNode, isSeq, Lexer, type Pair, stringify, type YAMLMap, type YAMLSeq } from "yaml";

/** Replaces the characters from `from` up to `to`, which stays. */
export interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** The text with all splices made; they must not overlap. */
export function splice(text: string, splices: readonly Splice[]): string {
  const lastFirst = splices.toSorted((one, other) => other.from - one.from);
  return lastFirst.reduce((result, { from, to, text: put }) => result.slice(0, from) + put + result.slice(to), text);
}

/** Another value for a key that is there. */
export function replaceValue(pair: Pair, value: unknown): Splice {
  const [from, to] = rangeOf(pair.value);
  return { from, to, text: `${from === to ? " " : ""}${rendered({ value }).slice("value: ".length)}` };
}

/** A further key: on a line of its own, or inside the braces. */
export function appendPair(text: string, map: YAMLMap, key: string, value: unknown): Splice {
  const pair = rendered({ [key]: value });
  if (map.flow === true) return inserted(afterLast(map), map.items.length === 0 ? ` ${pair} ` : `, ${pair}`);
  return newLine(text, map, columnOf(text, rangeOf(map.items[0]?.key)[0]), pair);
}

/** A further item of a list. One that is a mapping is written as the last one is: in braces, or a line for each key. */
export function appendItem(text: string, list: YAMLSeq, item: unknown): Splice {
  const last = list.items.at(-1);
  const inline = rendered([item]);
  if (list.flow === true) return inserted(afterLast(list), `, ${inline}`);
  const dash = dashOf(list, list.items.length - 1);
  const column = columnOf(text, dash);
  if (!isMap(last) || last.flow === true) return newLine(text, list, column, `- ${inline}`);
  const gap = rangeOf(last.items[0]?.key)[0] - dash;
  const pairs = Object.entries(item as object).map(([key, value]) => rendered({ [key]: value }));
  const lines = [`-${" ".repeat(gap - 1)}${pairs[0]}`, ...pairs.slice(1).map((pair) => " ".repeat(gap) + pair)];
  const apart = list.items.length > 1 && /\n[ \t]*\r?\n[^\n]*$/.test(text.slice(0, dash)) ? [""] : [];
  return newLine(text, list, column, ...apart, ...lines);
}

/** Takes a key and its value out. Comments on their lines stay. */
export function removePair(text: string, map: YAMLMap, pair: Pair): Splice {
  const [from] = rangeOf(pair.key);
  const to = endOf(pair.value);
  const at = map.items.indexOf(pair);
  const [before, after] = [map.items[at - 1], map.items[at + 1]];
  const sharesLine = text.slice(lineStart(text, from), from).trim() !== "";
  if (map.flow !== true && !sharesLine) {
    const kept = commentsIn(text, from, lineEnd(text, to));
    const indent = " ".repeat(columnOf(text, from));
    const region = { from: lineStart(text, from), to: nextLine(text, to) };
    return { ...region, text: kept.map((comment) => `${indent}${comment}${lineBreak(text)}`).join("") };
  }
  if (map.flow === true && before !== undefined) {
    const end = endOf(before.value ?? before.key);
    return { from: text.slice(end, from).includes("#") ? from : end, to, text: "" };
  }
  return { from, to: after === undefined ? to : rangeOf(after.key)[0], text: "" };
}

/** Takes an item out of a list, with its lines and the blank line that set it apart. */
export function removeItem(text: string, list: YAMLSeq, at: number): Splice {
  const item = list.items[at];
  const [start] = rangeOf(item);
  const to = endOf(item);
  if (list.flow === true) {
    const [before, after] = [list.items[at - 1], list.items[at + 1]];
    if (before !== undefined) return { from: endOf(before), to, text: "" };
    return { from: start, to: after === undefined ? to : rangeOf(after)[0], text: "" };
  }
  const from = lineStart(text, dashOf(list, at));
  const end = nextLine(text, to);
  const blankBefore = /(^|\n)([ \t]*\r?\n)$/.exec(text.slice(0, from))?.[2];
  const blankAfter = /^[ \t]*\r?\n/.exec(text.slice(end))?.[0];
  if (blankBefore === undefined) return { from, to: end, text: "" };
  if (at === list.items.length - 1) return { from: from - blankBefore.length, to: end, text: "" };
  return { from, to: end + (blankAfter ?? "").length, text: "" };
}

/** The comments of a text that begin in a range. */
export function commentsIn(text: string, from = 0, to = text.length): string[] {
  const comments: string[] = [];
  let offset = 0;
  let before = "";
  for (const token of new Lexer().lex(text)) {
    const isMark = token === "\x02" || token === "\x18" || token === "\x1f";
    // A scalar that begins with the character is no comment; the lexer marks scalars.
    if (token.startsWith("#") && before !== "\x1f" && offset >= from && offset < to) comments.push(token.trimEnd());
    if (!isMark) offset += token.length;
    before = token;
  }
  return comments;
}

/** A mapping or list in braces without the braces, so that a value is quoted wherever either form asks for it. */
function rendered(collection: object): string {
  return stringify(collection, { collectionStyle: "flow", lineWidth: 0 }).trim().slice(2, -2);
}

function newLine(text: string, after: YAMLMap | YAMLSeq, column: number, ...lines: readonly string[]): Splice {
  const indented = lines.map((line) => (line === "" ? "" : " ".repeat(column) + line));
  return inserted(lineEnd(text, endOf(after)), indented.map((line) => lineBreak(text) + line).join(""));
}

function inserted(at: number, text: string): Splice {
  return { from: at, to: at, text };
}

/** Where the last thing inside braces ends; of empty ones, where they open. */
function afterLast(collection: YAMLMap | YAMLSeq): number {
  const last = collection.items.at(-1);
  if (last === undefined) return rangeOf(collection)[0] + 1;
  return isNode(last) ? endOf(last) : endOf((last as Pair).value ?? (last as Pair).key);
}

/** Where a node ends; the range of one in block style would take in the comments and blank lines after it. */
function endOf(node: unknown): number {
  if ((isMap(node) || isSeq(node)) && node.flow !== true && node.items.length > 0) return afterLast(node);
  return rangeOf(node)[1];
}

function rangeOf(node: unknown): readonly [from: number, to: number] {
  if (!isNode(node) || !node.range) throw new Error("a node that was not read from the text");
  return [node.range[0], node.range[1]];
}

function dashOf(list: YAMLSeq, at: number): number {
  const token = list.srcToken as CST.BlockSequence | undefined;
  const dash = token?.items[at]?.start.find(({ type }) => type === "seq-item-ind");
  if (dash === undefined) throw new Error("a list that was read without its source");
  return dash.offset;
}

const lineStart = (text: string, offset: number): number => text.lastIndexOf("\n", offset - 1) + 1;
const columnOf = (text: string, offset: number): number => offset - lineStart(text, offset);
const lineBreak = (text: string): string => (/\r\n/.test(text) ? "\r\n" : "\n");

function nextLine(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end + 1;
}

function lineEnd(text: string, offset: number): number {
  return nextLine(text, offset) - (/\r?\n$/.exec(text.slice(0, nextLine(text, offset)))?.[0].length ?? 0);
}
