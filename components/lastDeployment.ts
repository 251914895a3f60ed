import * as pulumi from "@pulumi/pulumi";
import type { AddressBook } from "./addresses.ts";
import { runError } from "./runError.ts";
import type { Settings } from "./settings.ts";

/**
 * What the stack's last successful deployment put into its outputs: the addresses of its tenants. Read from the stack itself, so a
 * preview knows it. Empty for a new stack.
 */
export async function lastAddresses(stack: string): Promise<AddressBook> {
  const self = new pulumi.StackReference("self", {
    name: `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`,
  });
  const { value } = await self.getOutputDetails("tenants");
  return addressesOf(value);
}

/** The addresses in the value of the `tenants` output; anything that does not look like one is left out. */
export function addressesOf(tenants: unknown): AddressBook {
  if (typeof tenants !== "object" || tenants === null) return {};
  const entries = Object.entries(tenants).map(([id, tenant]): [string, unknown] => [id, tenant?.address]);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
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
