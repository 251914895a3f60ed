import * as z from "zod";
import { SettingsSchema } from "./allowedSettings.ts";
import { EXTENSIONS, VERSION_PATTERN } from "./extensions.ts";
import { documented } from "./fieldDocs.ts";
import { count, flag, name, type Refused, word } from "./fields.ts";
import {
  DATABASE_PATTERN,
  ROLE_PATTERN,
  whyFurtherDatabaseReserved,
  whyRoleReserved,
  whySchemaReserved,
} from "./names.ts";

const roleName = name({
  expected: 'a role name of 1 to 63 characters from a-z, 0-9 and "_", a letter first',
  pattern: ROLE_PATTERN,
  separator: "_",
  whyReserved: whyRoleReserved,
  otherwise: 'choose a name such as "reporting"',
});

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

/** What every declared thing has. @param what such as "database". @param goes what a drop takes with it. */
function ensured(what: string, goes: string) {
  return {
    ensure: documented(word(["present", "absent"]).exactOptional(), {
      meaning: `Whether there is to be this ${what}. Taking the entry out of the file drops nothing; \`absent\` does, ${goes}.`,
      limits: "`present` or `absent`; `absent` needs `confirm`.",
      byDefault: "`present`.",
      change: "to `absent` drops it at the next deployment, without a restart of the tenant.",
    }),
    confirm: documented(
      z
        .string({
          error: () => `the name of the ${what} and a date, as text; write it as "confirm: <name> 2026-11-21"`,
        })
        .exactOptional(),
      {
        meaning: `Says that the drop of this ${what} is meant. One confirmation drops once: where somebody makes it again, another date is needed.`,
        limits:
          "Its name and today's date, such as `analytics 2026-11-21`. Only with `ensure: absent`. When it is dropped, the date is at most 14 days old.",
        byDefault: "none.",
        change: "nothing by itself.",
      },
    ),
  };
}

const list = <S extends z.ZodType>(item: S, most: number, what: string, example: string) =>
  z
    .array(item, { error: () => `a list of ${what}; write it as "${example}"` })
    .max(most, { error: () => `at most ${most} ${what}; keep those that are needed` });

const shaped = (what: string, example: string) => ({
  error: ({ input }: Refused) => {
    const meant = typeof input === "string" && /^[a-z0-9_-]{1,63}$/.test(input) ? `- name: ${input}` : example;
    return `${what} with a name; write it as "${meant}"`;
  },
});

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

const extensions = documented(
  list(ExtensionSchema, 50, "extensions", "extensions: [{ name: vector }]").exactOptional(),
  {
    meaning: "Extensions of the database: of the tenant's own where this is a field of the entry itself.",
    limits: "At most 50, each once.",
    byDefault: "none. The tenant may create those that PostgreSQL trusts by itself.",
    change: "one more is created in place. Taking one out drops nothing.",
  },
);
const schemas = documented(list(SchemaSchema, 100, "schemas", "schemas: [{ name: sales }]").exactOptional(), {
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

const RoleSchema = z.strictObject(
  {
    name: documented(roleName, {
      meaning:
        "A role beside the tenant's own. It may connect to the tenant's databases, and do there what it is granted.",
      limits: "1 to 63 characters from a-z, 0-9 and `_`; a letter first. No reserved word, not the tenant's own role.",
      byDefault: "none, must be given.",
      change: "makes another role; the old one stays, and can no longer log in.",
    }),
    login: documented(flag().exactOptional(), {
      meaning:
        "Whether it may log in, with a generated password of its own: `connectionStrings.<id>.roles.<role>`. `access` counts for it as for the tenant's own role.",
      limits: "`true` or `false`.",
      byDefault: "`true`.",
      change: "to `false` ends its sessions. No restart.",
    }),
    readOnly: documented(flag().exactOptional(), {
      meaning:
        "Whether it reads everything of the tenant's databases, also what will be made later, and writes nothing: [databases.md](databases.md#roles-that-only-read).",
      limits: "`true` or `false`. Such a role is in no roles but such.",
      byDefault: "`false`.",
      change: "in place. To `true` hands what it owns to the tenant's role.",
    }),
    inRoles: documented(list(roleName, 20, "roles", "inRoles: [reporting]").exactOptional(), {
      meaning: "The roles that it is a member of, with all their rights.",
      limits: "The tenant's own role, and others under `roles`; never in a circle. Their order means nothing.",
      byDefault: "none.",
      change: "in place, for open sessions as well.",
    }),
    connectionLimit: documented(count(1, 5000).exactOptional(), {
      meaning: "The most connections of this role.",
      limits: "A whole number from 1 to the tenant's `maxConnections`.",
      byDefault: "the tenant's `maxConnections`.",
      change: "in place; sessions above a lower limit live on.",
    }),
    passwordVersion: documented(count(1, 1_000_000).exactOptional(), {
      meaning: "Counts its passwords: another number makes another password.",
      limits: "A whole number from 1 to 1000000.",
      byDefault: "1.",
      change: "a new password at once. Sessions live on, new logins need it. No restart.",
    }),
    ...ensured("role", "hands what it owned to the tenant's role, and ends its sessions"),
  },
  shaped("a role", "- name: reporting"),
);

/** What is declared inside a tenant's server. */
export const declaredFields = {
  databases: documented(list(DatabaseSchema, 20, "databases", "databases: [{ name: analytics }]").exactOptional(), {
    meaning: "Databases beside the tenant's own, in the same server: [databases.md](databases.md).",
    limits: "At most 20, each once.",
    byDefault: "none.",
    change: "one more is created in place. Taking one out drops nothing.",
  }),
  roles: documented(list(RoleSchema, 50, "roles", "roles: [{ name: reporting, readOnly: true }]").exactOptional(), {
    meaning: "Roles beside the tenant's own, for all of its databases.",
    limits: "At most 50, each once.",
    byDefault: "none.",
    change:
      "one more is created in place. One that is taken out stays, with all that it owns, and can no longer log in.",
  }),
  extensions,
  schemas,
  settings: SettingsSchema.exactOptional().register(z.globalRegistry, { description: "Settings of PostgreSQL." }),
};

export type DatabaseEntry = z.infer<typeof DatabaseSchema>;
export type RoleEntry = z.infer<typeof RoleSchema>;
export type ExtensionEntry = z.infer<typeof ExtensionSchema>;
export type SchemaEntry = z.infer<typeof SchemaSchema>;
