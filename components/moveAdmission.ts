import type { SharedTenant } from "../tenants/sharedTenant.ts";
import type { Standby } from "../tenants/standby.ts";
import type { Tenant } from "../tenants/tenant.ts";
import type { LastDeployment, LastShared } from "./lastDeployment.ts";

/** What a place is to a tenant: where it is, or one of the second places of tenants/secondPlace.ts. */
type Role = "own" | Standby;

/** The two places of a tenant that moves: as the file says, or as the last deployment left them. */
interface Places {
  readonly server: Role | undefined;
  readonly instance: Role | undefined;
}

/**
 * Why the places of tenants that move must not follow the last deployment; empty when they may. `pgt move` writes what may: a file of another
 * moment, deployed meanwhile or afterwards, would make a copy count that is not whole, or delete what counts.
 */
export function moveRefusals(
  list: { readonly servers: readonly Tenant[]; readonly shared: readonly SharedTenant[] },
  last: LastDeployment,
  lastShared: ReadonlyMap<string, LastShared>,
  tenantsFile: string,
): string[] {
  // A state that was lost says nothing of what there is.
  if (last.size === 0 && lastShared.size === 0) return [];
  const ids = new Map(
    [...list.servers, ...list.shared].map(({ id, formerIds }) => [id, [id, ...formerIds.toReversed()]]),
  );
  return [...ids].flatMap(([id, names]) => {
    // A rename that was interrupted may have reached one of the two places.
    const server = names.flatMap((name) => last.get(name) ?? []).find(({ volume }) => volume !== undefined);
    const onInstance = names
      .flatMap((name) => lastShared.get(name) ?? [])
      .find(({ instance }) => instance !== undefined);
    const before = { server: roleOf(server), instance: roleOf(onInstance) };
    const after = {
      server: roleOf(list.servers.find((tenant) => tenant.id === id)),
      instance: roleOf(list.shared.find((tenant) => tenant.id === id)),
    };
    if (!isMoving(before) && !isMoving(after)) return [];
    if (mayFollow(before, after)) return [];
    return [
      `${tenantsFile}: "${id}": got ${worded(after)}, expected what pgt move writes after ${worded(before)}; ` +
        `take the version of the file that the last deployment had: another one would lose what was written since. pgt move ${id} --undo, or --accept, goes on from there`,
    ];
  });
}

function isMoving({ server, instance }: Places): boolean {
  return [server, instance].some((role) => role !== undefined && role !== "own");
}

function roleOf(place: { readonly standby?: Standby | undefined } | undefined): Role | undefined {
  return place === undefined ? undefined : (place.standby ?? "own");
}

/** Whether a deployment of the one may come after that of the other. Pure. */
function mayFollow(before: Places, after: Places): boolean {
  const pairs = [
    [before.server, after.server, before.instance, after.instance],
    [before.instance, after.instance, before.server, after.server],
  ] as const;
  return !pairs.some(([was, is, otherWas, otherIs]) => isDangerous(was, is, otherWas, otherIs));
}

/** Whether a place that does not hold what counts would count, or one that does would be written to, or deleted. That a place is missing says less: `pulumi destroy` takes those of tenants on instances out of the state. */
function isDangerous(was?: Role, is?: Role, otherWas?: Role, otherIs?: Role): boolean {
  if (is === undefined) return false;
  switch (was) {
    case undefined:
      return is === "own" && otherWas === "own";
    case "own":
      if (is === "discarded") return otherIs !== "own" || otherWas === "target" || otherWas === undefined;
      return is === "target" || (is === "source" && otherIs !== "own");
    case "target":
      return is === "own" && otherIs !== "source";
    case "source":
      return is === "target" || (is === "own" && otherIs !== "discarded");
    case "discarded":
      return is !== "discarded";
  }
}

function worded({ server, instance }: Places): string {
  const words: Readonly<Record<Role, string>> = {
    own: "is its place",
    target: "is being filled",
    source: "is kept",
    discarded: "is given up",
  };
  const part = (name: string, role: Role | undefined) => (role === undefined ? [] : [`${name} that ${words[role]}`]);
  return [...part("a server", server), ...part("an instance", instance)].join(" and ") || "no place";
}
