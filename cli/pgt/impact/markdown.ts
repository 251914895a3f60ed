import { escaped } from "../../../tenants/text.ts";
import { printable } from "./words.ts";

/**
 * Text as a cell of a GitHub table or a paragraph, as code: nothing in it is read as Markdown or HTML, links or mentions. The grave accent alone could end
 * it, and the pipe a cell, which GitHub cuts before it reads what is in it.
 */
export function code(text: string, longest?: number): string {
  const safe = printable(text, longest).replaceAll("`", "'").replaceAll("|", "\\|");
  return safe.trim() === "" ? "" : `\`${safe}\``;
}

/** Lines in a block that they cannot end: its fence is longer than any in them. */
export function fenced(language: string, lines: readonly string[]): string[] {
  const longest = Math.max(2, ...lines.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)));
  const fence = "`".repeat(longest + 1);
  return [`${fence}${language}`, ...lines.map(escapedLine), fence];
}

/** The ellipsis is ours. */
function escapedLine(line: string): string {
  return line === "…" ? line : escaped(line);
}

/** A part that is shown when it is asked for. @param title plain words of our own. */
export function folded(title: string, body: readonly string[]): string[] {
  return body.length === 0 ? [] : ["", `<details><summary>${title}</summary>`, "", ...body, "", "</details>"];
}
