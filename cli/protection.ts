import { typeTokens } from "../components/names.ts";
import { nameIn, resourceTypes, type StackState } from "../components/stackState.ts";

/** What a tenant cannot be brought back without. */
const statefulTypes: readonly string[] = [resourceTypes.volume, resourceTypes.password];

/**
 * The tenants' volumes and passwords that a destroy of everything unprotected would take, by their names in the stack (`acme-data`,
 * `acme-password`), sorted. A removed tenant's volume is kept without protection, and its password is made anew should it come back, as is
 * the router's volume; and what goes by itself has an end anyhow. So none of them is among these.
 */
export function unprotectedState({ resources }: StackState): string[] {
  const removed = new Set(resources.filter(({ outputs }) => outputs?.["state"] === "removed").map(({ urn }) => urn));
  const ephemeral = new Set(resources.filter(({ outputs }) => outputs?.["until"] !== undefined).map(({ urn }) => urn));
  return resources
    .filter(({ type, parent }) => statefulTypes.includes(type) && isTenant(parent) && !ephemeral.has(parent ?? ""))
    .filter(({ protect, retainOnDelete }) => protect !== true && retainOnDelete !== true)
    .filter(({ type, parent }) => !(type === resourceTypes.password && removed.has(parent ?? "")))
    .map(({ urn }) => nameIn(urn))
    .sort();
}

/**
 * The URNs of passwords that are unprotected since a rotation alone: the engine replaces no protected resource, so the deployment that
 * rotates a password leaves the new one without protection. The tenant's volume has it all the while, as the settings say of both.
 */
export function rotatedPasswords({ resources }: StackState): string[] {
  const volumes = resources.filter(({ type, protect }) => type === resourceTypes.volume && protect === true);
  const tenants = new Set(volumes.map(({ parent }) => parent).filter(isTenant));
  return resources
    .filter(({ type, parent, protect }) => type === resourceTypes.password && protect !== true && tenants.has(parent))
    .map(({ urn }) => urn);
}

/** A URN is `urn:pulumi:<stack>::<project>::<types, joined by $>::<name>`. */
function isTenant(urn: string | undefined): boolean {
  return urn?.split("::")[2]?.split("$").at(-1) === typeTokens.tenantDatabase;
}
