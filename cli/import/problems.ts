import type * as z from "zod";

/** Collects what is wrong, so that all of it can be told at once. */
export interface Problems {
  /** @param where file and field. @param what "got …, expected …". Never holds a password. */
  readonly add: (where: string, what: string) => void;
  readonly lines: () => readonly string[];
}

export function makeProblems(): Problems {
  const found: string[] = [];
  return { add: (where, what) => found.push(`${where}: ${what}`), lines: () => found };
}

/** Data that fits the schema; otherwise undefined, and a problem for each place where it does not. */
export function parseWith<T>(schema: z.ZodType<T>, data: unknown, file: string, problems: Problems): T | undefined {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues)
    problems.add([file, path.join(".")].filter(Boolean).join(": "), message);
  return undefined;
}
