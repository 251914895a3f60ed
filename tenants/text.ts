const LONGEST = 40;

/**
 * Text from the file, safe to print: only printable ASCII is left as it is. Control characters, characters that turn the
 * direction of writing, and letters that merely look like ASCII come out as \u{...}, so that what is shown is what is there.
 */
export function escaped(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** A value of the file in double quotes, escaped, and cut after 40 characters with a note of its length. */
export function quoted(text: string): string {
  const characters = [...text.slice(0, 2 * LONGEST)].slice(0, LONGEST).join("");
  const body = escaped(characters.replace(/["\\]/g, "\\$&"));
  return characters.length < text.length ? `"${body}..." (${text.length} characters)` : `"${body}"`;
}

const LONGEST_GUESS = 64;

/**
 * A value of the file as text to guess from what was meant: empty for a list or a mapping, which no text can safely be made of, and past
 * 64 characters, where a pattern could be tried for very long.
 */
export function guessable(value: unknown): string {
  const scalar = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  const text = scalar ? String(value) : "";
  return text.length > LONGEST_GUESS ? "" : text;
}

const MOST_WORDS = 12;

/** "a, b or c"; past a dozen, how many more there are. */
export function either(words: readonly string[]): string {
  const last = words.length > MOST_WORDS ? `${words.length - MOST_WORDS} more` : words.at(-1);
  const others = words.slice(0, Math.min(MOST_WORDS, words.length - 1));
  return others.length === 0 ? (last ?? "") : `${others.join(", ")} or ${last}`;
}

/** The one of `known` that `word` is most likely a slip of: other case or separators, or up to two typing mistakes. */
export function closest(word: string, known: readonly string[]): string | undefined {
  if (word.length > LONGEST) return undefined;
  const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(plain(word), plain(candidate)) }))
    .filter(({ candidate, distance }) => distance <= Math.min(2, candidate.length / 3))
    .sort((one, other) => one.distance - other.distance);
  return near[0]?.candidate;
}

/** Levenshtein distance: the inserted, deleted and replaced characters between two words. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [row, letter] of [...from].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
