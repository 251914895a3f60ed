import { OperatorError } from "../../operatorError.ts";
import type { connectionFormats, StackOutputs } from "../../stackOutputs.ts";
import type { Context } from "../context.ts";
import { deployed, readOutputs } from "../outputs.ts";

/** A form in which a connection is handed out; see docs/connecting.md. */
export type Format = (typeof connectionFormats)[number];

/** Prints how a tenant is reached, password included. @param role one of its declared roles; its own one without it. */
export function url(context: Context, id: string, format: Format, role?: string): void {
  const value = connectionOf(deployed(context, readOutputs(context).connectionStrings, id), id, role)[format];
  context.answer(value.endsWith("\n") ? value : `${value}\n`, {
    id,
    ...(role === undefined ? {} : { role }),
    format,
    value,
  });
}

/** @throws OperatorError for a role that was not deployed, or does not log in. */
export function connectionOf(
  { roles = {}, ...own }: StackOutputs["connectionStrings"][string],
  id: string,
  role: string | undefined,
): Readonly<Record<Format, string>> {
  if (role === undefined) return own;
  const found = Object.hasOwn(roles, role) ? roles[role] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(roles);
  throw new OperatorError(
    `${id}: got the role "${role}", expected ${known.length === 0 ? "a declared role that logs in, and it has none" : `one of ${known.join(", ")}`}`,
    `declare it under roles in the entry of ${id}, and deploy; without --role it is the tenant's own`,
  );
}
