import * as z from "zod";
import type { TenantSpec } from "../../../components/tenantSpec.ts";
import { compareSettings } from "./compareSettings.ts";
import type { Drift } from "./drift.ts";
import { bySql, byStep, sqlIdentifier } from "./fixes.ts";

/** What server.sql prints first. */
export const cluster = z.object({
  roles: z.array(
    z.object({
      name: z.string(),
      /** The superuser that the cluster was made with. */
      bootstrap: z.boolean(),
      attributes: z.array(z.string()),
      login: z.boolean(),
      connectionLimit: z.number(),
      validUntil: z.string().nullable(),
      /** Whether its password is the one that was deployed. */
      password: z.enum(["none", "deployed", "another"]),
      /** Whether it is, or was, the tenant's own role. */
      formerOwner: z.boolean(),
    }),
  ),
  memberships: z.array(z.object({ member: z.string(), role: z.string() })),
  parameterGrants: z.array(z.object({ setting: z.string(), role: z.string() })),
  databases: z.array(
    z.object({
      name: z.string(),
      owner: z.string(),
      open: z.boolean(),
      connectionLimit: z.number(),
      /** What everybody may do with it. */
      public: z.array(z.string()),
    }),
  ),
  /** By ALTER SYSTEM. */
  altered: z.record(z.string(), z.string().nullable()),
  /** In postgresql.conf, and in force. */
  written: z.record(z.string(), z.string().nullable()),
  /** By ALTER ROLE and ALTER DATABASE; null for all roles, and for all databases. */
  roleSettings: z.array(
    z.object({
      role: z.string().nullable(),
      database: z.string().nullable(),
      databaseOwner: z.string().nullable(),
      setting: z.string(),
      value: z.string(),
      /** Who may change the setting, in PostgreSQL's words; null for one that no server knows. */
      context: z.string().nullable(),
    }),
  ),
});

type Cluster = z.infer<typeof cluster>;

/** What a tenant's server says of itself. */
export interface SeenServer {
  readonly cluster: Cluster;
  /** In the tenant's database, those that only a superuser may create. */
  readonly extensions: readonly string[];
  /** Whether the cluster was made elsewhere: it came with roles, extensions and settings that nobody here deployed. */
  readonly takenOver: boolean;
}

/** What was deployed of a server. */
export interface DeployedServer {
  /** The tenant's id. */
  readonly id: string;
  readonly container: string;
  readonly spec: TenantSpec;
}

/** Membership in these is as good as being superuser; the statements of a deployment take it away. */
const dangerous = ["pg_execute_server_program", "pg_read_server_files", "pg_write_server_files"];

/** What is otherwise in a tenant's server than was deployed. What a tenant may do there is none of it, but for its password. Pure. */
export function compareServer(deployed: DeployedServer, seen: SeenServer): Drift[] {
  return [
    ...compareOwner(deployed, seen.cluster),
    ...compareRoles(deployed, seen),
    ...compareMemberships(deployed, seen),
    ...compareDatabases(deployed, seen.cluster),
    ...compareSettings(deployed, seen),
    ...compareExtensions(deployed, seen),
  ];
}

/** What differs in something of a tenant's, as a finding; the step that makes roles and database is what puts most of it right. */
function finder({ id }: DeployedServer) {
  const fix = byStep(`${id}-sql`);
  return (kind: Drift["kind"], found: string, expected: string, otherFix = fix): Drift => ({
    subject: id,
    kind,
    found,
    expected,
    fix: otherFix,
  });
}

function compareOwner(deployed: DeployedServer, { roles }: Cluster): Drift[] {
  const { owner, connectionLimit, access } = deployed.spec;
  const find = finder(deployed);
  const role = roles.find(({ name }) => name === owner);
  if (role === undefined) return [find("role-missing", "none", `role ${owner}`)];
  const forever = `ALTER ROLE ${sqlIdentifier(owner)} VALID UNTIL 'infinity'`;
  const can = (login: boolean) => (login ? "may log in" : "may not log in");
  return [
    ...(role.login === access.login ? [] : [find("role-login", can(role.login), can(access.login))]),
    ...(role.connectionLimit === connectionLimit
      ? []
      : [find("role-connections", limit(role.connectionLimit), limit(connectionLimit))]),
    ...(role.validUntil === null
      ? []
      : [find("role-expiry", `until ${role.validUntil}`, "for ever", bySql(deployed.container, forever))]),
    ...(role.password === "deployed" ? [] : [find("password", role.password, "the one that was deployed")]),
  ];
}

function limit(connections: number): string {
  return connections === -1 ? "no limit" : String(connections);
}

function compareRoles(deployed: DeployedServer, { cluster: { roles }, takenOver }: SeenServer): Drift[] {
  const { container, spec } = deployed;
  const find = finder(deployed);
  const others = roles.filter(({ bootstrap }) => !bootstrap);
  const superuser = roles.find(({ bootstrap }) => bootstrap);
  const attributes = others.filter((role) => role.attributes.length > 0);
  // A former owner that can log in is closed by the deployment's own statements.
  const logins = others.filter(
    ({ name, login, formerOwner }) => login && name !== spec.owner && !(takenOver && !formerOwner),
  );
  const noPassword = `ALTER ROLE ${sqlIdentifier(superuser?.name ?? "pgtenants")} PASSWORD NULL`;
  return [
    ...attributes.map((role) => find("role-attributes", `${role.name}: ${role.attributes.join(" ")}`, "none of it")),
    ...(superuser === undefined || superuser.password === "none"
      ? []
      : [find("superuser-password", "one", "none", bySql(container, noPassword))]),
    ...logins.map(({ name, formerOwner }) => {
      const fix = formerOwner ? [] : [bySql(container, `ALTER ROLE ${sqlIdentifier(name)} NOLOGIN`)];
      return find("login-role", name, `${spec.owner} alone`, ...fix);
    }),
  ];
}

function compareMemberships(deployed: DeployedServer, { cluster, takenOver }: SeenServer): Drift[] {
  const { container, spec } = deployed;
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
      return find("predefined-role", `${member} is a member of ${role}`, "no member", bySql(container, revoke));
    }),
    ...cluster.parameterGrants.map(({ setting, role }) =>
      find("parameter-grant", `${role} may set ${setting}`, "the superuser alone"),
    ),
  ];
}

function compareDatabases(deployed: DeployedServer, { databases }: Cluster): Drift[] {
  const { container, spec } = deployed;
  const find = finder(deployed);
  const database = databases.find(({ name }) => name === spec.database);
  const unlimited = `ALTER DATABASE ${sqlIdentifier(spec.database)} CONNECTION LIMIT -1`;
  const own =
    database === undefined
      ? [find("database-missing", "none", `database ${spec.database}`, missingDatabase(deployed))]
      : [
          ...(database.owner === spec.owner ? [] : [find("database-owner", database.owner, spec.owner)]),
          ...(database.open ? [] : [find("database-closed", "takes no connections", "takes connections")]),
          ...(database.connectionLimit === -1
            ? []
            : [find("database-connections", limit(database.connectionLimit), limit(-1), bySql(container, unlimited))]),
        ];
  const open = databases.filter(({ public: privileges }) => privileges.length > 0);
  return [
    ...own,
    ...open.map(({ name, public: privileges }) =>
      find("public-grant", `${privileges.join(", ")} on ${name} for everybody`, "nothing for everybody"),
    ),
  ];
}

/** The step would make an empty one where the tenant's role owns no other that it could rename back. */
function missingDatabase({ id }: DeployedServer): string {
  return `${byStep(`${id}-sql`)} renames one back, or makes an empty one; what was dropped: pgt restore ${id} --in-place`;
}

function compareExtensions(deployed: DeployedServer, { extensions, takenOver }: SeenServer): Drift[] {
  if (takenOver) return [];
  const { container, spec } = deployed;
  const find = finder(deployed);
  return extensions.map((name) => {
    const drop = bySql(container, `DROP EXTENSION ${sqlIdentifier(name)}`, spec.database);
    return find("extension", name, "none that only a superuser may create", drop);
  });
}
