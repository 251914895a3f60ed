import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { loginRoles } from "../tenants/declared.ts";
import type { Tenant } from "../tenants/tenant.ts";
import { absentIn } from "./declaredSpec.ts";
import type { LastTenant } from "./lastDeployment.ts";
import { confirmation, confirmationDays, confirmedRecently, previousOf, type Transition } from "./transitions.ts";

/** Drops inside servers whose confirmation is old, and that no deployment has made yet. Pure. */
export function staleDrops({
  listed,
  last,
  tenantsFile,
  now,
}: Omit<Transition, "names" | "deletionProtection">): string[] {
  return listed.flatMap((tenant) => {
    const { id, declared, state } = tenant;
    if (declared === undefined || state === "removed") return [];
    const made = previousOf(tenant, last)?.dropped ?? [];
    return absentIn(declared)
      .filter(
        (drop) => !confirmedRecently(drop.confirmed, now) && !made.some((other) => isDeepStrictEqual(other, drop)),
      )
      .map(
        ({ kind, name, confirmed }) =>
          `${tenantsFile}: "${id}": got a drop of the ${kind} ${name} that was confirmed on ${confirmed}, expected one of the last ` +
          `${confirmationDays} days; write "confirm: ${confirmation(name, now)}"`,
      );
  });
}

/** The roles that could log in after the last deployment and have no entry any more. Pure. */
export function lockedOut(tenant: Tenant, last: LastTenant | undefined): readonly string[] {
  if (tenant.state !== "running") return [];
  const named = new Set(tenant.declared?.roles.map(({ name }) => name));
  const deployed = loginRoles(last?.declared).map(({ name }) => name);
  return deployed.filter((name) => !named.has(name));
}

/** Says of whom that is so, while it is new. */
export async function warnOfLockedOut(
  listed: readonly Tenant[],
  { last, tenantsFile }: Pick<Transition, "last" | "tenantsFile">,
): Promise<void> {
  for (const tenant of listed) {
    for (const name of lockedOut(tenant, previousOf(tenant, last)))
      await pulumi.log.warn(
        `${tenantsFile}: "${tenant.id}": the role ${name} has no entry any more: it can no longer log in. It stays, with all that it owns and its password; ` +
          "put its entry back to let it in, or drop it with ensure: absent",
      );
  }
}

/**
 * The passwords of a tenant's roles, by name, and their versions: of those that log in, and of those that did, which have them again when their
 * entries come back. A role that was dropped has one until its entry is gone. Pure.
 */
export function rolesWithPasswords(tenant: Tenant, last: LastTenant | undefined): ReadonlyMap<string, number> {
  const named = new Set(tenant.declared?.roles.map(({ name }) => name));
  const dropped = last?.dropped.flatMap(({ kind, name }) => (kind === "role" ? [name] : [])) ?? [];
  const kept = [...(last?.rolePasswords ?? [])].filter(([name]) => named.has(name) || !dropped.includes(name));
  const inUse = loginRoles(tenant.declared).map(({ name, passwordVersion }) => [name, passwordVersion] as const);
  return new Map([...kept, ...inUse]);
}
