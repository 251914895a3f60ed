/** The five fields of a schedule, with the values that each may have. */
const FIELDS = [
  ["minute", 0, 59],
  ["hour", 0, 23],
  ["day of the month", 1, 31],
  ["month", 1, 12],
  ["day of the week", 0, 7],
] as const;

// A part of a field between commas: an asterisk, 5, 1-5, 8-18/2.
const PART = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/;

/**
 * What is wrong with a schedule in cron's five fields; undefined where nothing is. Numbers only: names of days and months, and words such
 * as @daily, are not the same to every reader of cron's form.
 */
export function whyNoSchedule(text: string): string | undefined {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== FIELDS.length) return `five fields are expected, ${fields.length} were got`;
  for (const [index, field] of fields.entries()) {
    const [name, low, high] = FIELDS[index] ?? FIELDS[0];
    if (!field.split(",").every((part) => isPart(part, low, high))) {
      return `the ${name} is "${field}", expected ${low} to ${high}, "*", a range or a step of them`;
    }
  }
  return undefined;
}

function isPart(part: string, low: number, high: number): boolean {
  const match = PART.exec(part);
  if (match === null) return false;
  const [, from, to = from, step] = match;
  const within = [from, to].every((value) => value === undefined || (Number(value) >= low && Number(value) <= high));
  return within && Number(from ?? low) <= Number(to ?? high) && step !== "0" && step !== "00";
}
