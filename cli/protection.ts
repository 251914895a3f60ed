import { typeTokens } from "../components/names.ts";
import { nameIn, type StackState } from "../components/stackState.ts";

const passwordType = "random:index/randomPassword:RandomPassword";

/** What a tenant cannot be brought back without. */
const statefulTypes: readonly string[] = ["docker:index/volume:Volume", passwordType];

/**
 * The tenants' volumes and passwords that a destroy of everything unprotected would take, by their names in the stack (`acme-data`,
 * `acme-password`), sorted. A removed tenant's volume is kept without protection, and its password is made anew should it come back, as is
 * the router's volume; so none of them is among these.
 */
export function unprotectedState({ resources }: StackState): string[] {
  const removed = new Set(resources.filter(({ outputs }) => outputs?.["state"] === "removed").map(({ urn }) => urn));
  return resources
    .filter(({ type, parent }) => statefulTypes.includes(type) && isTenant(parent))
    .filter(({ protect, retainOnDelete }) => protect !== true && retainOnDelete !== true)
    .filter(({ type, parent }) => !(type === passwordType && removed.has(parent ?? "")))
    .map(({ urn }) => nameIn(urn))
    .sort();
}

/** A URN is `urn:pulumi:<stack>::<project>::<types, joined by $>::<name>`. */
function isTenant(urn: string | undefined): boolean {
  return urn?.split("::")[2]?.split("$").at(-1) === typeTokens.tenantDatabase;
}
