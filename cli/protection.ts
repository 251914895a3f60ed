import { typeTokens } from "../components/names.ts";
import { tenantsIn } from "../components/readLastDeployment.ts";
import { nameIn, resourceTypes, type StackState } from "../components/stackState.ts";
import { loginRoles } from "../tenants/declared.ts";
import { isPassing, standbyOf } from "../tenants/standby.ts";

/** What a tenant cannot be brought back without. */
const statefulTypes: readonly string[] = [resourceTypes.volume, resourceTypes.password];

/**
 * The tenants' volumes and passwords that a destroy of everything unprotected would take, by their names in the stack (`acme-data`,
 * `acme-password`), sorted. A removed tenant's volume is kept without protection, and its password is made anew should it come back, as is
 * the router's volume and those of connection pools; and what goes by itself, or is a copy that a move fills or has given up, has an end anyhow. So none of them is among these, nor is what roles without an entry keep.
 */
export function unprotectedState({ resources }: StackState): string[] {
  const removed = new Set(resources.filter(({ outputs }) => outputs?.["state"] === "removed").map(({ urn }) => urn));
  const passing = new Set(resources.filter(({ outputs }) => goesAnyhow(outputs)).map(({ urn }) => urn));
  const idle = idlePasswords(resources);
  return resources
    .filter(({ urn }) => !idle.has(urn))
    .filter(({ type, parent }) => statefulTypes.includes(type) && isTenant(parent) && !passing.has(parent ?? ""))
    .filter(({ protect, retainOnDelete }) => protect !== true && retainOnDelete !== true)
    .filter(({ urn, parent }) => nameIn(urn) !== `${nameIn(parent ?? "")}-pooler-files`)
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
  const idle = idlePasswords(resources);
  return resources
    .filter(({ urn }) => !idle.has(urn))
    .filter(({ type, parent, protect }) => type === resourceTypes.password && protect !== true && tenants.has(parent))
    .map(({ urn }) => urn);
}

/** The URNs of passwords of declared roles that do not log in any more; they go when their roles are dropped, and protected they could not. */
function idlePasswords(resources: StackState["resources"]): ReadonlySet<string> {
  const tenants = tenantsIn(resources);
  const inUse = new Set(
    [...tenants].flatMap(([id, { declared }]) => loginRoles(declared).map(({ name }) => `${id}-${name}-login`)),
  );
  const ofRoles = resources.filter(({ type, urn }) => type === resourceTypes.password && urn.endsWith("-login"));
  return new Set(ofRoles.map(({ urn }) => urn).filter((urn) => !inUse.has(nameIn(urn))));
}

function goesAnyhow(outputs: Readonly<Record<string, unknown>> = {}): boolean {
  return outputs["until"] !== undefined || isPassing(standbyOf(outputs["standby"]));
}

/** A tenant, or everybody on an instance. A URN is `urn:pulumi:<stack>::<project>::<types, joined by $>::<name>`. */
function isTenant(urn: string | undefined): boolean {
  const type = urn?.split("::")[2]?.split("$").at(-1);
  return type === typeTokens.tenantDatabase || type === typeTokens.sharedTenants;
}
