import type { SharedTenant } from "../tenants/sharedTenant.ts";
import type { Tenant } from "../tenants/tenant.ts";
import type { LastDeployment, LastShared } from "./lastDeployment.ts";

/** What a place is to a tenant: where it is, or one of the second places of tenants/secondPlace.ts. */
type Role = "own" | NonNullable<Tenant["standby"]>;

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
  const moving = [...list.servers, ...list.shared].filter(({ standby }) => standby !== undefined);
  return moving.flatMap(({ id, formerIds }) => {
    const names = [id, ...formerIds.toReversed()];
    const known = names.find((name) => last.has(name) || lastShared.has(name)) ?? id;
    const before = {
      server: last.get(known)?.volume === undefined ? undefined : roleOf(last.get(known)),
      instance: roleOf(lastShared.get(known)),
    };
    const after = {
      server: roleOf(list.servers.find((tenant) => tenant.id === id)),
      instance: roleOf(list.shared.find((tenant) => tenant.id === id)),
    };
    if (mayFollow(before, after)) return [];
    return [
      `${tenantsFile}: "${id}": got ${worded(after)}, expected what pgt move has written after ${worded(before)}; ` +
        `take the newest version of the file: one of another moment would lose what was written since`,
    ];
  });
}

function roleOf(place: { readonly standby?: string | undefined } | undefined): Role | undefined {
  if (place === undefined) return undefined;
  const { standby } = place;
  return standby === "target" || standby === "source" || standby === "discarded" ? standby : "own";
}

/** Whether a deployment of the one may come after that of the other. Pure. */
function mayFollow(before: Places, after: Places): boolean {
  const pairs = [
    [before.server, after.server, before.instance, after.instance],
    [before.instance, after.instance, before.server, after.server],
  ] as const;
  return pairs.every(([was, is, otherWas, otherIs]) => mayBecome(was, is, otherWas, otherIs));
}

function mayBecome(was?: Role, is?: Role, otherWas?: Role, otherIs?: Role): boolean {
  if (was === is) return true;
  switch (was) {
    // New tenants have no place yet; a copy is made beside what there is.
    case undefined:
      return is === "target" || (is === "own" && otherWas === undefined);
    case "own":
      return (is === "source" && otherIs === "own") || (is === "discarded" && otherWas === "source");
    case "target":
      return is === undefined || (is === "own" && otherIs === "source");
    case "source":
      return is === "discarded" || (is === "own" && otherIs === "discarded");
    case "discarded":
      return is === undefined;
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
