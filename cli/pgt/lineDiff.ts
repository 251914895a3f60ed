/** Lines shown around a change. */
const context = 1;

/**
 * What changed between two texts, line by line: those taken out with `-`, those put in with `+`, a line around them with a blank. For edits of
 * one place: what lies between two changes counts as changed where they are near, and is cut where they are not.
 */
export function lineDiff(before: string, after: string): string[] {
  const [old, young] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < old.length && start < young.length && old[start] === young[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < young.length - start && old.at(-1 - end) === young.at(-1 - end)) end += 1;
  const [gone, come] = [old.slice(start, old.length - end), young.slice(start, young.length - end)];
  if (gone.length + come.length === 0) return [];
  return [
    ...old.slice(Math.max(0, start - context), start).map((line) => `  ${line}`),
    ...gone.map((line) => `- ${line}`),
    ...come.map((line) => `+ ${line}`),
    ...young.slice(young.length - end, young.length - end + context).map((line) => `  ${line}`),
  ].map((line) => line.trimEnd());
}

function linesOf(text: string): string[] {
  return text.replace(/\r?\n$/, "").split(/\r?\n/);
}
