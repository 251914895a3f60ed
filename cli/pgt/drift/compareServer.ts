import * as z from "zod";
import type { SharedSpecs } from "../../../components/sharedSpec.ts";
import type { TenantSpec } from "../../../components/tenantSpec.ts";
import { EXTENSIONS } from "../../../tenants/extensions.ts";
import { type Closing, compareClosing } from "./compareClosing.ts";
import { compareRoles, finder, limit, ownerIn } from "./compareRoles.ts";
import { compareSettings } from "./compareSettings.ts";
import { compareSharing } from "./compareSharing.ts";
import type { Drift } from "./drift.ts";
import { bySql, sqlIdentifier } from "./fixes.ts";

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
  readonly closing: Closing;
  /** Whether the cluster was made elsewhere: it came with roles, extensions and settings that nobody here deployed. */
  readonly takenOver: boolean;
}

/** What was deployed of a server. */
export interface DeployedServer {
  /** The tenant's id. */
  readonly id: string;
  readonly container: string;
  readonly spec: TenantSpec;
  /** Of an instance: what its tenants are. */
  readonly sharing?: SharedSpecs["tenants"];
}

/** What is otherwise in a tenant's server than was deployed. What a tenant may do there is none of it, but for its password. Pure. */
export function compareServer(deployed: DeployedServer, seen: SeenServer): Drift[] {
  return [
    ...compareRoles(deployed, seen),
    ...compareSharing(deployed, seen),
    ...compareDatabases(deployed, seen.cluster),
    ...compareSettings(deployed, seen),
    ...compareExtensions(deployed, seen),
    ...compareClosing(deployed, seen.closing),
  ];
}

function compareDatabases(deployed: DeployedServer, seen: Cluster): Drift[] {
  const { id, spec } = deployed;
  const find = finder(deployed);
  const { databases } = seen;
  const owner = ownerIn(seen, spec.owner)?.name;
  const database = databases.find(({ name }) => name === spec.database);
  const unlimited = `ALTER DATABASE ${sqlIdentifier(spec.database)} CONNECTION LIMIT -1`;
  const own =
    database === undefined
      ? [missingDatabase(deployed, databases)]
      : [
          ...(database.owner === owner ? [] : [find("database-owner", database.owner, spec.owner)]),
          ...(database.open ? [] : [find("database-closed", "takes no connections", "takes connections")]),
          ...(database.connectionLimit === -1
            ? []
            : [find("database-connections", limit(database.connectionLimit), limit(-1), bySql(id, unlimited))]),
        ];
  const closed = ["postgres", "template1", spec.database];
  const open = databases.filter(({ name, public: privileges }) => closed.includes(name) && privileges.length > 0);
  return [
    ...own,
    ...open.map(({ name, public: privileges }) =>
      find("public-grant", `${privileges.join(", ")} on ${name} for everybody`, "nothing for everybody"),
    ),
  ];
}

/** The step renames the one that the tenant's role owns; where there is none, or more, it would make an empty one. */
function missingDatabase(deployed: DeployedServer, databases: Cluster["databases"]): Drift {
  const { id, spec } = deployed;
  const find = finder(deployed);
  const expected = `database ${spec.database}`;
  const further = spec.declared?.databases.map(({ name }) => name);
  const owned = databases
    .filter(({ name, owner }) => owner === spec.owner && further?.includes(name) !== true)
    .map(({ name }) => name);
  if (owned.length === 1) return find("database-missing", `it is called ${owned[0]}`, expected);
  return find("database-missing", "none", expected, `pgt restore ${id} --in-place --to '<a time before>'`);
}

/** Those that may be declared are no drift where they are not: an entry that is taken out drops nothing, and a copy has what its source has. */
function compareExtensions(deployed: DeployedServer, { extensions, takenOver }: SeenServer): Drift[] {
  if (takenOver) return [];
  const { id, spec } = deployed;
  const find = finder(deployed);
  const foreign = extensions.filter((name) => !EXTENSIONS.includes(name));
  return foreign.map((name) => {
    const drop = bySql(id, `DROP EXTENSION ${sqlIdentifier(name)}`, spec.database);
    return find("extension", name, "none that only a superuser may create", drop);
  });
}
