import * as z from "zod";
import { ensured, list, shaped } from "./ensureFields.ts";
import { EXTENSIONS, VERSION_PATTERN } from "./extensions.ts";
import { documented } from "./fieldDocs.ts";
import { name, word } from "./fields.ts";
import { DATABASE_PATTERN, ROLE_PATTERN, whyFurtherDatabaseReserved, whySchemaReserved } from "./names.ts";
import { roleName } from "./roleFields.ts";

const databaseName = name({
  expected: 'a database name of 1 to 63 characters from a-z, 0-9, "_" and "-", a letter first',
  pattern: DATABASE_PATTERN,
  separator: "_",
  whyReserved: whyFurtherDatabaseReserved,
  otherwise: 'choose a name such as "analytics"',
});

const schemaName = name({
  expected: 'a schema name of 1 to 63 characters from a-z, 0-9 and "_", a letter first',
  pattern: ROLE_PATTERN,
  separator: "_",
  whyReserved: whySchemaReserved,
  otherwise: 'choose a name such as "sales"',
});

const version = z
  .string({ error: () => 'a version as text, such as "0.8.1", or "latest"; put it in quotes' })
  .regex(VERSION_PATTERN, { error: () => 'a version such as "0.8.1", or "latest"; "latest" is the image\'s' });

const ExtensionSchema = z.strictObject(
  {
    name: documented(word(["", ...EXTENSIONS].slice(1) as [string, ...string[]]), {
      meaning: "An extension.",
      limits: `One of ${EXTENSIONS.map((one) => `\`${one}\``).join(", ")}; [databases.md](databases.md#extensions) says why these.`,
      byDefault: "none, must be given.",
      change:
        "another name is another extension. One whose library is loaded at the server's start, `pg_stat_statements`, restarts the tenant where it comes or goes.",
    }),
    version: documented(version.exactOptional(), {
      meaning:
        "The version that the extension is brought to. `latest` is the newest of the image, at each deployment that runs the tenant's SQL again.",
      limits: "A version that the image has, in quotes, or `latest`.",
      byDefault: "the image's when it is created; after that nothing is updated.",
      change: "`ALTER EXTENSION … UPDATE`, in place. There is no way back to an older version.",
    }),
    ...ensured("extension", "and is refused while anything depends on it"),
  },
  shaped("an extension", "- name: vector"),
);

const SchemaSchema = z.strictObject(
  {
    name: documented(schemaName, {
      meaning: "A schema.",
      limits: "1 to 63 characters from a-z, 0-9 and `_`; a letter first. Not `public`, which every database has.",
      byDefault: "none, must be given.",
      change: "makes another schema; the old one stays.",
    }),
    owner: documented(roleName.exactOptional(), {
      meaning: "The role that owns the schema.",
      limits: "The tenant's own role, or one under `roles` that is not `readOnly`.",
      byDefault: "the tenant's own role.",
      change: "gives the schema to the other role, not what is in it.",
    }),
    ...ensured("schema", "with all that is in it, and is refused while something outside of it depends on that"),
  },
  shaped("a schema", "- name: sales"),
);

/** Those of the tenant's own database, and of each further one. */
export const extensions = documented(
  list(ExtensionSchema, 50, "extensions", "extensions: [{ name: vector }]").exactOptional(),
  {
    meaning: "Extensions of the database: of the tenant's own where this is a field of the entry itself.",
    limits: "At most 50, each once.",
    byDefault: "none. The tenant may create those that PostgreSQL trusts by itself.",
    change: "one more is created in place. Taking one out drops nothing.",
  },
);

/** As `extensions`. */
export const schemas = documented(list(SchemaSchema, 100, "schemas", "schemas: [{ name: sales }]").exactOptional(), {
  meaning: "Schemas of the database: of the tenant's own where this is a field of the entry itself.",
  limits: "At most 100, each once.",
  byDefault: "`public` alone, as in every database.",
  change: "one more is created in place. Taking one out drops nothing.",
});

const DatabaseSchema = z.strictObject(
  {
    name: documented(databaseName, {
      meaning:
        "A database beside the tenant's own. The tenant's role owns it; nobody else may connect, but for the roles under `roles`.",
      limits: "1 to 63 characters from a-z, 0-9, `_` and `-`; a letter first. Not the tenant's own database.",
      byDefault: "none, must be given.",
      change: "makes another, empty database; the old one stays.",
    }),
    extensions,
    schemas,
    ...ensured("database", "with all that is in it, and ends its sessions"),
  },
  shaped("a database", "- name: analytics"),
);

/** Databases beside the tenant's own. */
export const databases = documented(
  list(DatabaseSchema, 20, "databases", "databases: [{ name: analytics }]").exactOptional(),
  {
    meaning: "Databases beside the tenant's own, in the same server: [databases.md](databases.md).",
    limits: "At most 20, each once.",
    byDefault: "none.",
    change: "one more is created in place. Taking one out drops nothing.",
  },
);

/** A further database, an extension and a schema as written. */
export type DatabaseEntry = z.infer<typeof DatabaseSchema>;
export type ExtensionEntry = z.infer<typeof ExtensionSchema>;
export type SchemaEntry = z.infer<typeof SchemaSchema>;
