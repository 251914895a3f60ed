import type { DeployedServer, SeenServer } from "./compareServer.ts";
import type { Drift } from "./drift.ts";
import { bySql, byStep, sqlIdentifier } from "./fixes.ts";

type Cluster = SeenServer["cluster"];

/** Membership in these is as good as being superuser; the statements of a deployment take it away. */
const dangerous = ["pg_execute_server_program", "pg_read_server_files", "pg_write_server_files"];

/** Roles held against those that were deployed, and what they are members of. Pure. */
export function compareRoles(deployed: DeployedServer, seen: SeenServer): Drift[] {
  return [
    ...compareOwner(deployed, seen.cluster),
    ...compareOthers(deployed, seen),
    ...compareMemberships(deployed, seen),
  ];
}

/** What differs in something of a tenant's, as a finding; the step that makes roles and database is what puts most of it right. */
export function finder({ id }: DeployedServer) {
  const fix = byStep(`${id}-sql`);
  return (kind: Drift["kind"], found: string, expected: string, otherFix = fix): Drift => ({
    subject: id,
    kind,
    found,
    expected,
    fix: otherFix,
  });
}

/** The tenant's role: by its name, or by the mark that deployments put on it, under another. */
export function ownerIn({ roles }: Cluster, owner: string): Cluster["roles"][number] | undefined {
  return roles.find(({ name }) => name === owner) ?? roles.find(({ formerOwner, login }) => formerOwner && login);
}

function compareOwner(deployed: DeployedServer, seen: Cluster): Drift[] {
  const { owner, connectionLimit, access } = deployed.spec;
  const find = finder(deployed);
  const role = ownerIn(seen, owner);
  if (role === undefined) return [find("role-missing", "none", `role ${owner}`)];
  if (role.name !== owner) return [find("role-missing", `it is called ${role.name}`, `role ${owner}`)];
  const forever = `ALTER ROLE ${sqlIdentifier(owner)} VALID UNTIL 'infinity'`;
  const can = (login: boolean) => (login ? "may log in" : "may not log in");
  return [
    ...(role.login === access.login ? [] : [find("role-login", can(role.login), can(access.login))]),
    ...(role.connectionLimit === connectionLimit
      ? []
      : [find("role-connections", limit(role.connectionLimit), limit(connectionLimit))]),
    ...(role.validUntil === null
      ? []
      : [find("role-expiry", `until ${role.validUntil}`, "for ever", bySql(deployed.id, forever))]),
    ...(role.password === "deployed" ? [] : [find("password", role.password, "the one that was deployed")]),
  ];
}

/** A number of connections, as it is told. */
export function limit(connections: number): string {
  return connections === -1 ? "no limit" : String(connections);
}

function compareOthers(deployed: DeployedServer, { cluster, takenOver }: SeenServer): Drift[] {
  const { id, spec } = deployed;
  const find = finder(deployed);
  const { roles } = cluster;
  const owner = ownerIn(cluster, spec.owner);
  const declared = spec.declared?.roles.map(({ name }) => name);
  // The connection pool's, which no password lets in.
  const isPools = ({ name, password }: (typeof roles)[number]) =>
    spec.pooler === true && name === "pgtenants_pooler" && password === "none";
  const others = roles.filter((role) => !role.bootstrap && !isPools(role) && declared?.includes(role.name) !== true);
  const superuser = roles.find(({ bootstrap }) => bootstrap);
  const attributes = others.filter((role) => role.attributes.length > 0);
  // A former owner that can log in is closed by the deployment's own statements.
  const sharing = new Set(deployed.sharing?.map(({ role }) => role));
  const logins = others.filter(
    ({ name, login, formerOwner }) =>
      login &&
      !sharing.has(name) &&
      name !== owner?.name &&
      declared?.includes(name) !== true &&
      !(takenOver && !formerOwner),
  );
  const noPassword = `ALTER ROLE ${sqlIdentifier(superuser?.name ?? "pgtenants")} PASSWORD NULL`;
  return [
    ...attributes.map((role) => find("role-attributes", `${role.name}: ${role.attributes.join(" ")}`, "none of it")),
    ...(superuser === undefined || superuser.password === "none"
      ? []
      : [find("superuser-password", "one", "none", bySql(id, noPassword))]),
    ...logins.map(({ name, formerOwner }) => {
      const fix = formerOwner ? [] : [bySql(id, `ALTER ROLE ${sqlIdentifier(name)} NOLOGIN`)];
      return find("login-role", name, `${spec.owner} alone`, ...fix);
    }),
  ];
}

function compareMemberships(deployed: DeployedServer, { cluster, takenOver }: SeenServer): Drift[] {
  const { id, spec } = deployed;
  const find = finder(deployed);
  const superuser = cluster.roles.find(({ bootstrap }) => bootstrap)?.name;
  const strong = ({ role }: Cluster["memberships"][number]) => role === superuser || dangerous.includes(role);
  const weak = cluster.memberships.filter((membership) => membership.member === spec.owner && !strong(membership));
  return [
    ...cluster.memberships
      .filter(strong)
      .map(({ member, role }) => find("membership", `${member} is a member of ${role}`, "no member")),
    ...(takenOver ? [] : weak).map(({ member, role }) => {
      const revoke = `REVOKE ${sqlIdentifier(role)} FROM ${sqlIdentifier(member)} CASCADE`;
      return find("predefined-role", `${member} is a member of ${role}`, "no member", bySql(id, revoke));
    }),
    ...cluster.parameterGrants.map(({ setting, role }) =>
      find("parameter-grant", `${role} may set ${setting}`, "the superuser alone"),
    ),
  ];
}
