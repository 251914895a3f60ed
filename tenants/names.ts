import { createHash } from "node:crypto";

/**
 * The id is the tenant's DNS label, and the base of its role, database, container and volume names. 40 characters leave
 * 23 of the 63 that a DNS label and a PostgreSQL name may have (PostgreSQL cuts longer ones silently) for prefix and suffix.
 * The doubled hyphen is out because `xn--` marks internationalized names.
 */
export const ID_PATTERN = /^(?!.*--)[a-z][a-z0-9-]{1,38}[a-z0-9]$/;

/** A database's name, within PostgreSQL's 63 bytes. With a `-` it needs quotes in SQL; databases that are taken over may have one. */
export const DATABASE_PATTERN = /^[a-z][a-z0-9_-]{0,62}$/;

/** The name of a role or schema, within PostgreSQL's 63 bytes. It needs quotes in SQL only where it is a keyword, such as `user`. */
export const ROLE_PATTERN = /^[a-z][a-z0-9_]{0,62}$/;

/** A volume's name on the engine, as Docker allows it. */
export const VOLUME_PATTERN = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/;

/** The superuser's role in every tenant's server, which logs in inside the container only. */
const SUPERUSER = "pgtenants";

/** A plan's name; it is only a key in this file. */
export const PLAN_PATTERN = /^[a-z][a-z0-9-]{0,39}$/;

/** The id as an SQL name: the tenant's role, and its database unless the file names another. */
export function sqlName(id: string): string {
  return id.replaceAll("-", "_");
}

/** The role that owns what is an instance's own. Nobody logs in as it. */
export const INSTANCE_OWNER = "pgtenants_instance";

/** The database of tenants that have a schema each. */
export const SCHEMAS_DATABASE = "pgtenants_schemas";

/**
 * The role, and the database or schema, of a tenant on an instance. PostgreSQL shows names of roles to everybody who is connected, whatever is
 * revoked: this one does not say whose it is. Who has an id in mind can compute it; but that such a tenant is there, the router tells anyway.
 */
export function opaqueName(id: string): string {
  return `t_${createHash("sha256").update(id).digest("hex").slice(0, 20)}`;
}

/** What two ids have in common that cannot be told apart: host names ignore case, and role names have `_` for `-`. */
export function sameId(id: string): string {
  return sqlName(id.trim().toLowerCase());
}

const HBA_WORD = "a word with a meaning of its own in pg_hba.conf";
const ROLE_WORD = "a word that PostgreSQL keeps for roles";
const HOST_WORD = "a host name with a meaning of its own";
const OBJECT_WORD = "a name that every JavaScript object carries";

const DATABASE_RESERVATIONS: ReadonlyMap<string, string> = new Map([
  ["postgres", "the name of PostgreSQL's own database"],
  ["template0", "one of PostgreSQL's template databases"],
  ["template1", "one of PostgreSQL's template databases"],
  ["pgbouncer", "PgBouncer's own administration database"],
  ["pgtenants_auth", "the connection pool's name for the database that it asks for verifiers in"],
  ["all", HBA_WORD],
  ["replication", HBA_WORD],
  ["sameuser", HBA_WORD],
  ["samerole", HBA_WORD],
  ["samegroup", HBA_WORD],
]);

const ROLE_RESERVATIONS: ReadonlyMap<string, string> = new Map([
  [SUPERUSER, "the superuser's name"],
  ["pgtenants_pooler", "the name of the connection pool's role"],
  ["public", ROLE_WORD],
  ["none", ROLE_WORD],
  ["current_role", ROLE_WORD],
  ["current_user", ROLE_WORD],
  ["session_user", ROLE_WORD],
  ["all", HBA_WORD],
  ["replication", HBA_WORD],
]);

const ID_RESERVATIONS: ReadonlyMap<string, string> = new Map([
  ...ROLE_RESERVATIONS,
  ...DATABASE_RESERVATIONS,
  ["root", "an administrator's name"],
  ["admin", "an administrator's name"],
  ["www", HOST_WORD],
  ["localhost", HOST_WORD],
  ["default", "the word for a value that was not chosen"],
  ["traefik", "the name of the shared proxy"],
  ["constructor", OBJECT_WORD],
  ["prototype", OBJECT_WORD],
]);

const RESERVED_SUFFIXES: ReadonlyMap<string, string> = new Map([
  ["-pooler", 'the ending "-pooler" is kept for the host of a connection pool'],
  ["-traefik", 'the ending "-traefik" is kept for the shared proxy'],
]);

/** Ids that fit {@link ID_PATTERN} and are reserved, for the editor's schema. */
export const RESERVED_IDS: readonly string[] = [...ID_RESERVATIONS.keys()]
  .map((name) => name.replaceAll("_", "-"))
  .filter((id) => ID_PATTERN.test(id));

const OWN_ROLES = 'PostgreSQL keeps "pg_" for its own roles';

/** Roles, schemas and databases that are ours begin with it. */
const OWN_NAMES = `what begins with "${SUPERUSER}" is the program's own`;

const SCHEMA_RESERVATIONS: ReadonlyMap<string, string> = new Map([
  ["public", "a schema that every database has; its owner is the database's"],
  ["information_schema", "PostgreSQL's own catalog"],
]);

/** Why no tenant may have this id; undefined when it is free. Judges the role and database names made of it, too. */
export function whyIdReserved(id: string): string | undefined {
  const role = sqlName(id);
  if (role.startsWith("pg_")) return `it makes the role "${role}", and ${OWN_ROLES}`;
  if (role !== SUPERUSER && role.startsWith(SUPERUSER)) return `it makes the role "${role}", and ${OWN_NAMES}`;
  for (const [suffix, reason] of RESERVED_SUFFIXES) {
    if (id.endsWith(suffix)) return reason;
  }
  const meaning = ID_RESERVATIONS.get(role);
  return meaning === undefined ? undefined : `it is ${meaning}`;
}

/** Why no tenant may have a database of this name; undefined when it is free. */
export function whyDatabaseReserved(name: string): string | undefined {
  const meaning = DATABASE_RESERVATIONS.get(name);
  return meaning === undefined ? undefined : `it is ${meaning}`;
}

/** Why no tenant's role may have this name; undefined when it is free. `postgres` is: the superuser has another name here. */
export function whyRoleReserved(name: string): string | undefined {
  if (name.startsWith("pg_")) return OWN_ROLES;
  const meaning = ROLE_RESERVATIONS.get(name);
  if (meaning !== undefined) return `it is ${meaning}`;
  return name.startsWith(SUPERUSER) ? OWN_NAMES : undefined;
}

/** The same of a database beside a tenant's own. */
export function whyFurtherDatabaseReserved(name: string): string | undefined {
  if (name.startsWith("pg_")) return 'names that begin with "pg_" look like PostgreSQL\'s own';
  if (name.startsWith(SUPERUSER)) return OWN_NAMES;
  return whyDatabaseReserved(name);
}

/** The same of a schema. */
export function whySchemaReserved(name: string): string | undefined {
  if (name.startsWith("pg_")) return 'PostgreSQL keeps "pg_" for its own schemas';
  const meaning = SCHEMA_RESERVATIONS.get(name);
  if (meaning !== undefined) return `it is ${meaning}`;
  return name.startsWith(SUPERUSER) ? OWN_NAMES : undefined;
}

/** Why no volume of this name can be taken over; undefined when it can. Ours are found by the tenant's first id. */
export function whyVolumeReserved(name: string): string | undefined {
  return name.startsWith("pgtenants-") ? "it begins like the names of our own volumes" : undefined;
}
