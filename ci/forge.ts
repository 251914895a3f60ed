import { OperatorError } from "../cli/operatorError.ts";

/** Where a request for changes is discussed: GitHub or GitLab. */
export interface Forge {
  readonly service: string;
  /** Characters that a comment may have. */
  readonly longestComment: number;
  readonly commit: string;
  readonly log: string;
  /** A page of the comments that this job's user wrote; undefined behind the last one. */
  readonly ownComments: (page: number) => Promise<readonly Comment[] | undefined>;
  readonly create: (text: string) => Promise<unknown>;
  readonly edit: (id: number, text: string) => Promise<unknown>;
}

interface Comment {
  readonly id: number;
  readonly text: string;
}

/** Of a list, the most that both services give at a time. */
export const pageSize = 100;

/** 10,000 comments. */
const mostPages = 100;

/** Writes the comment that begins with `marker`: edits it where there is one, on whatever page, and never one of somebody else's. */
export async function writeComment(forge: Forge, marker: string, text: string): Promise<"made" | "edited"> {
  for (let page = 1; page <= mostPages; page += 1) {
    const comments = await forge.ownComments(page);
    if (comments === undefined) break;
    const found = comments.find((comment) => comment.text.startsWith(marker));
    if (found === undefined) continue;
    await forge.edit(found.id, text);
    return "edited";
  }
  await forge.create(text);
  return "made";
}

/** A variable that the job's environment has. @throws OperatorError that names it. */
export function variable(environment: NodeJS.ProcessEnv, name: string, fix: string): string {
  const value = environment[name] ?? "";
  if (value === "") throw new OperatorError(`got no ${name} in the job's environment`, fix);
  return value;
}
