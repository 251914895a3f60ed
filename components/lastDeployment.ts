import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import * as z from "zod";
import type { AddressBook } from "./addresses.ts";
import { typeTokens } from "./names.ts";
import { runError } from "./runError.ts";
import type { Settings } from "./settings.ts";

/**
 * The tenants that are in the stack's state, with their addresses; empty for a new stack.
 *
 * Read by `pulumi stack export`, not by a reference to the stack itself: outputs are written only when a whole deployment succeeded, so a
 * tenant that came with a failed one would be unknown; and a reference fetches every secret of the stack in clear.
 * @throws RunError when the CLI is not on PATH or cannot read the state.
 */
export async function lastDeployment(stack: string): Promise<AddressBook> {
  const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`;
  try {
    const { stdout } = await promisify(execFile)("pulumi", ["stack", "export", "--stack", name], {
      maxBuffer: 2 ** 30,
    });
    return tenantsIn(JSON.parse(stdout));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw runError(`the stack's state cannot be read: ${reason}; pulumi must be on PATH, see: make shell`);
  }
}

const exportedStack = z.object({
  deployment: z.object({
    resources: z
      .array(
        z.object({
          urn: z.string(),
          type: z.string(),
          delete: z.boolean().optional(),
          outputs: z.object({ address: z.string().optional() }).optional(),
        }),
      )
      .optional(),
  }),
});

/** The tenants in an exported stack. Pure. @throws ZodError for what is no exported stack. */
export function tenantsIn(exported: unknown): AddressBook {
  const { resources = [] } = exportedStack.parse(exported).deployment;
  const tenants = resources.filter(
    (resource) => resource.type === typeTokens.tenantDatabase && resource.delete !== true,
  );
  return Object.fromEntries(
    tenants.map(({ urn, outputs }) => [urn.slice(urn.lastIndexOf("::") + 2), outputs?.address]),
  );
}

/**
 * Refuses a list that a tenant of the last deployment is gone from: a deleted or misspelt line must not take a customer's database down.
 * Without deletion protection the tenant and its data go.
 * @throws RunError that names the tenants and says what to write instead.
 */
export function refuseMissingTenants(
  listed: readonly { readonly id: string }[],
  last: AddressBook,
  { deletionProtection, tenantsFile }: Pick<Settings, "deletionProtection" | "tenantsFile">,
): void {
  const ids = new Set(listed.map((tenant) => tenant.id));
  const missing = Object.keys(last).filter((id) => !ids.has(id));
  if (!deletionProtection || missing.length === 0) return;
  throw runError(
    `${tenantsFile}: got a list without ${missing.map((id) => `"${id}"`).join(", ")}, expected every tenant that this stack runs; ` +
      `put back ${missing.map((id) => `"- id: ${id}"`).join(", ")}. Nothing was changed. ` +
      'To delete a tenant and its data on purpose, see "Remove a tenant" in README.md',
  );
}
