import type { connectionFormats } from "../../stackOutputs.ts";
import type { Context } from "../context.ts";
import { deployed, readOutputs } from "../outputs.ts";

/** A form in which a connection is handed out; see docs/connecting.md. */
export type Format = (typeof connectionFormats)[number];

/** Prints how a tenant is reached, password included. */
export function url(context: Context, id: string, format: Format): void {
  const value = deployed(context, readOutputs(context).connectionStrings, id)[format];
  context.answer(value.endsWith("\n") ? value : `${value}\n`, { id, format, value });
}
