import * as z from "zod";
import { nameIn, parseStackState, resourceTypes } from "../../components/stackState.ts";
import { OperatorError } from "../operatorError.ts";
import { pulumi } from "../pulumi.ts";
import type { Context } from "./context.ts";

/** What the component calls the key of a tenant's repository: the tenant's id and this. */
const suffix = "-backup-key";

/** A secret, as `pulumi stack export --show-secrets` prints it: JSON within JSON. */
const secret = z.object({ plaintext: z.string().transform((json) => z.string().parse(JSON.parse(json))) });
const text = z.union([z.string(), secret.transform(({ plaintext }) => plaintext)]);

/**
 * The keys of the repositories by tenant, out of the stack's state: not those that the containers have, since the state's are all that is left
 * where a machine is lost. They are no output of the stack, whose outputs are older than the state where a deployment failed.
 * @throws OperatorError when the state cannot be read.
 */
export function repositoryKeys({ config, stack }: Context): ReadonlyMap<string, string> {
  return keysIn(pulumi("--cwd", config.folder, "stack", "export", "--show-secrets", "--stack", stack));
}

/** Pure. @param exported what `pulumi stack export --show-secrets` prints. */
export function keysIn(exported: string): ReadonlyMap<string, string> {
  const { resources } = parseStackState(exported);
  const keys = resources.filter(({ type, urn }) => type === resourceTypes.password && nameIn(urn).endsWith(suffix));
  return new Map(
    keys.flatMap(({ urn, outputs }) => {
      const key = text.safeParse(outputs?.["result"]);
      return key.success ? [[nameIn(urn).slice(0, -suffix.length), key.data]] : [];
    }),
  );
}

/** @throws OperatorError when there is none for a tenant. */
export function keyOf(keys: ReadonlyMap<string, string>, id: string): string {
  const key = keys.get(id);
  if (key !== undefined) return key;
  throw new OperatorError(`the state has no key for the backups of ${id}`, "pgt start, which makes it");
}
