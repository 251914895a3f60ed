import { OperatorError } from "../../operatorError.ts";
import type { Context } from "../context.ts";

export interface RestoreOptions {
  readonly to?: string;
  readonly as?: string;
  readonly inPlace?: boolean;
  readonly undo?: boolean;
  readonly accept?: boolean;
  readonly confirm?: string;
}

/** One of the ways to bring the past back. @throws OperatorError for options that do not belong together. */
export async function restore(context: Context, id: string, options: RestoreOptions): Promise<void> {
  const way = wayOf(options);
  switch (way.way) {
    case "as":
      return (await import("./clone.ts")).clone(context, id, way.as, way.to);
    case "in place":
      return (await import("./inPlace.ts")).restoreInPlace(context, id, way.to, options.confirm);
    case "undo":
      return (await import("./inPlace.ts")).undoInPlace(context, id, options.confirm);
    case "accept":
      return (await import("./inPlace.ts")).acceptInPlace(context, id, options.confirm);
    default:
      return way satisfies never;
  }
}

type Way =
  | { readonly way: "as"; readonly to: string; readonly as: string }
  | { readonly way: "in place"; readonly to: string }
  | { readonly way: "undo" | "accept" };

/** What the options say; pure. */
export function wayOf({ to, as, inPlace = false, undo = false, accept = false }: RestoreOptions): Way {
  const given = [
    ...(as === undefined ? [] : [`--as ${as}`]),
    ...(inPlace ? ["--in-place"] : []),
    ...(undo ? ["--undo"] : []),
    ...(accept ? ["--accept"] : []),
  ];
  if (given.length !== 1) {
    const got = given.length === 0 ? "none of them" : given.join(" and ");
    throw new OperatorError(
      `got ${got}, expected one of --as, --in-place, --undo and --accept; nothing was changed`,
      "--as <new id> changes nothing that is there",
    );
  }
  if (undo || accept) {
    if (to !== undefined) throw new OperatorError(`got --to with ${given[0]}, expected it alone`, "leave --to out");
    return { way: undo ? "undo" : "accept" };
  }
  if (to === undefined)
    throw new OperatorError(
      `got ${given[0]} without a target; nothing was changed`,
      '--to latest, or a time such as --to "2026-11-21 12:30:00+01"',
    );
  return as === undefined ? { way: "in place", to } : { way: "as", to, as };
}
