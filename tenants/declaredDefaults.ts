import { renderedSettings } from "./allowedSettings.ts";
import type { DatabaseEntry, ExtensionEntry, SchemaEntry } from "./databaseFields.ts";
import type { Declared, DeclaredDatabase, DeclaredRole } from "./declared.ts";
import type { RoleEntry } from "./roleFields.ts";
import type { TenantEntry } from "./schema.ts";

/** What declared things are filled in from. */
interface Own {
  readonly owner: string;
  readonly database: string;
  readonly maxConnections: number;
}

type Declaring = Pick<Partial<TenantEntry>, "databases" | "roles" | "extensions" | "schemas" | "settings">;

/** What an entry declares, defaults filled in; undefined where it declares nothing. Lists are sorted: their order means nothing. */
export function declaredOf(entry: Declaring, own: Own): Declared | undefined {
  const { databases = [], roles = [], extensions = [], schemas = [], settings = {} } = entry;
  if ([databases, roles, extensions, schemas, Object.keys(settings)].every(({ length }) => length === 0))
    return undefined;
  const main = { name: own.database, extensions, schemas };
  return deepFrozen({
    databases: [main, ...byName(databases)].map((database) => databaseOf(database, own)),
    roles: byName(roles).map((role) => roleOf(role, own)),
    settings: { reload: renderedSettings(settings, "reload"), restart: renderedSettings(settings, "restart") },
  });
}

function databaseOf(entry: DatabaseEntry, { owner }: Own): DeclaredDatabase {
  const { name, extensions = [], schemas = [] } = entry;
  return {
    name,
    droppedOn: droppedOn(entry),
    extensions: byName(extensions).map((one: ExtensionEntry) => ({
      name: one.name,
      droppedOn: droppedOn(one),
      version: one.version,
    })),
    schemas: byName(schemas).map((one: SchemaEntry) => ({
      name: one.name,
      droppedOn: droppedOn(one),
      owner: one.owner ?? owner,
    })),
  };
}

function roleOf(entry: RoleEntry, { maxConnections }: Own): DeclaredRole {
  return {
    name: entry.name,
    droppedOn: droppedOn(entry),
    login: entry.login ?? true,
    readOnly: entry.readOnly ?? false,
    inRoles: (entry.inRoles ?? []).toSorted(),
    connectionLimit: entry.connectionLimit ?? maxConnections,
    passwordVersion: entry.passwordVersion ?? 1,
  };
}

function droppedOn({ ensure, confirm }: Pick<DatabaseEntry, "ensure" | "confirm">): string | undefined {
  return ensure === "absent" ? confirm?.split(" ")[1] : undefined;
}

function byName<T extends { readonly name: string }>(list: readonly T[]): T[] {
  return list.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

function deepFrozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) deepFrozen(inner);
  return Object.freeze(value);
}
