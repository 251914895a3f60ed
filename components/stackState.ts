import * as z from "zod";

export { resourceTypes } from "./names.ts";

/** A resource in a stack's state, as far as this program looks at it. */
const resource = z.object({
  urn: z.string(),
  type: z.string(),
  id: z.string().optional(),
  parent: z.string().optional(),
  /** To be deleted: it was replaced, and its successor is in the state as well. */
  delete: z.boolean().optional(),
  protect: z.boolean().optional(),
  /** Stays on the engine when it leaves the state. */
  retainOnDelete: z.boolean().optional(),
  inputs: z.record(z.string(), z.unknown()).optional(),
  outputs: z.record(z.string(), z.unknown()).optional(),
});

const exportedStack = z.object({
  deployment: z.object({
    resources: z.array(resource).optional(),
    pending_operations: z.array(z.object({ resource })).optional(),
  }),
});

export type StateResource = z.infer<typeof resource>;

/** What a stack has made. */
export interface StackState {
  readonly resources: readonly StateResource[];
  /** What a deployment that was killed was about to make. */
  readonly pending: readonly StateResource[];
}

/**
 * Reads what `pulumi stack export` printed; secrets in it are encrypted.
 * @throws Error when it is of another form: where in it, and what was expected.
 */
export function parseStackState(json: string): StackState {
  const { resources = [], pending_operations = [] } = parseExport(json).deployment;
  return {
    resources: resources.filter((found) => found.delete !== true),
    pending: pending_operations.map((operation) => operation.resource),
  };
}

function parseExport(json: string): z.infer<typeof exportedStack> {
  try {
    return exportedStack.parse(JSON.parse(json));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Error(
      `the stack's state cannot be read: pulumi stack export printed something of another form: ${reason.replaceAll(/\s+/g, " ")}; ` +
        "use the version of Pulumi that wrote it, see: pulumi version",
    );
  }
}

/** The name that the program gave a resource: the end of its URN, `urn:pulumi:<stack>::<project>::<types, joined by $>::<name>`. */
export function nameIn(urn: string): string {
  return urn.split("::").slice(3).join("::");
}
