import { limit } from "./compareRoles.ts";
import type { DeployedServer, SeenServer } from "./compareServer.ts";
import type { Drift } from "./drift.ts";
import { byStep } from "./fixes.ts";

/** The roles of an instance's tenants held against those that were deployed: whether they are there, may log in, and how often. Pure. */
export function compareSharing({ id, sharing = [] }: DeployedServer, { cluster }: SeenServer): Drift[] {
  const roles = new Map(cluster.roles.map((role) => [role.name, role]));
  const fix = byStep(`${id}-tenants-sql`);
  return sharing.flatMap(({ key, role: name, login, connections }): Drift[] => {
    const find = (kind: Drift["kind"], found: string, expected: string): Drift => {
      return { subject: id, kind, found: `${key}: ${found}`, expected, fix };
    };
    const role = roles.get(name);
    if (role === undefined) return [find("role-missing", "none", `role ${name}`)];
    const can = (may: boolean) => (may ? "may log in" : "may not log in");
    return [
      ...(role.login === login ? [] : [find("role-login", can(role.login), can(login))]),
      ...(role.connectionLimit === connections
        ? []
        : [find("role-connections", limit(role.connectionLimit), limit(connections))]),
    ];
  });
}
