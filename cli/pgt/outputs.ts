import { OperatorError } from "../operatorError.ts";
import { pulumi } from "../pulumi.ts";
import { parseStackOutputs, type StackOutputs } from "../stackOutputs.ts";
import type { Context } from "./context.ts";
import { anyNamed } from "./tenants.ts";

/** The stack's outputs, secrets in clear. @throws OperatorError for a stack that was never deployed. */
export function readOutputs({ config, stack }: Context): StackOutputs {
  return parseStackOutputs(
    pulumi("--cwd", config.folder, "stack", "output", "--stack", stack, "--json", "--show-secrets"),
  );
}

/** One tenant's value of an output. @throws OperatorError when the tenant is not in the file, or not deployed. */
export function deployed<T>(context: Context, values: Readonly<Record<string, T>>, id: string): T {
  const value = Object.hasOwn(values, id) ? values[id] : undefined;
  if (value !== undefined) return value;
  const { state } = anyNamed(context.config, id);
  throw new OperatorError(
    state === "removed" ? `${id} is removed` : `${id} is in the file and not deployed`,
    state === "removed" ? `pgt start ${id} brings it back` : "pgt start",
  );
}
