import { typeTokens } from "../components/names.ts";
import type { TenantFacts } from "../components/tenantFacts.ts";
import type { Resource } from "./resource.ts";

/** A tenant's data, its backups and their key cannot be deleted with the stack. Where they may be, their tenant says why. */
export function unprotectedData({ name, parentType, protect }: Resource, tenant: TenantFacts | undefined): string[] {
  if (parentType !== typeTokens.tenantDatabase || protect || tenant?.unprotected !== undefined) return [];
  return [
    `got ${name} without protection, expected protect: true as long as its tenant is not removed; ` +
      "take out what turns it off: a transformation, or another change of the program",
  ];
}

/** A tenant of tier production does not live in a throw-away stack, and does not go by itself. */
export function throwAwayProduction({ tier, unprotected }: TenantFacts): string[] {
  if (tier !== "production") return [];
  if (unprotected === "ephemeral")
    return [
      "got tier: production with ephemeral, expected a tenant that stays, because ephemeral deletes its data; take one of the two out of tenants.yaml",
    ];
  if (unprotected !== "stack") return [];
  return [
    "got tier: production in a stack with deletionProtection: false, expected its volumes and passwords to be protected; " +
      "turn it on with: pulumi config set deletionProtection true, or take the tier out of tenants.yaml",
  ];
}
