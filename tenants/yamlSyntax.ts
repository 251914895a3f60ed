import { type Document, type ErrorCode, visit, type YAMLError } from "yaml";
import type { LocatedProblem } from "./issues.ts";
import { escaped } from "./text.ts";

const SYNTAX_ADVICE: Partial<Record<ErrorCode, readonly [got: string, advice: string]>> = {
  TAB_AS_INDENT: ["a tab at the start of a line", "spaces; replace each tab by two spaces"],
  MULTIPLE_DOCS: ["a second YAML document", 'one document; remove the line with "---" or "..." and merge the two'],
  NON_STRING_KEY: [
    "a list or a mapping as a key",
    "a word as the key; check the brackets, braces and question marks here",
  ],
  RESOURCE_EXHAUSTION: ["brackets or lists nested too deeply", "at most four levels; remove the nesting"],
};

/** What is not YAML, in the order of the text. Of each line the first error; the others on it follow from the first. */
export function syntaxProblems(document: Document.Parsed, lineOf: (offset: number) => number): LocatedProblem[] {
  const problems = document.errors
    .map((error) => syntaxProblem(error, document))
    .sort((one, other) => one.offset - other.offset);
  return problems.filter((problem, index) => {
    const before = problems[index - 1];
    return before === undefined || lineOf(before.offset) !== lineOf(problem.offset);
  });
}

function syntaxProblem({ code, message, pos: [offset] }: YAMLError, document: Document.Parsed): LocatedProblem {
  const [got, advice] = SYNTAX_ADVICE[code] ?? [
    `text that is not YAML (${escaped(message.slice(0, 100))})`,
    "YAML 1.2; check indentation, quotes and brackets here and on the line above",
  ];
  const problem = { path: [], offset, got, advice };
  return code === "MISSING_CHAR" && message.endsWith("quote") ? (openQuote(document, offset) ?? problem) : problem;
}

/** The parser notices an open quote where the text ends; the mistake is where it begins. */
function openQuote(document: Document.Parsed, end: number): LocatedProblem | undefined {
  let opened: number | undefined;
  visit(document, {
    Scalar: (_, { type, range }) => {
      if (type?.startsWith("QUOTE_") && range?.[1] === end) opened = range[0];
    },
  });
  if (opened === undefined) return undefined;
  return {
    path: [],
    offset: opened,
    got: "a quote that is never closed",
    advice: "a second quote; add it where the text ends",
  };
}
