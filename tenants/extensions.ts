/** Extensions that an entry may declare, and why that is safe where a database's owner is not trusted. */
interface ExtensionKind {
  readonly reason: string;
  /** Whether PostgreSQL lets the owner of a database create them. The others are created by the superuser, who owns them then. */
  readonly trusted: boolean;
  /** Whether the server loads their library at its start: declaring the first of them restarts the tenant. */
  readonly preloaded: boolean;
  readonly names: readonly string[];
}

/**
 * The whole list. Not on it is what reaches files, programs or other servers (file_fdw, dblink, postgres_fdw, adminpack), what shows or changes pages behind
 * PostgreSQL's back (pageinspect, pg_surgery), languages that are not trusted, and what a tenant's roles could not use anyway (amcheck, pgstattuple).
 */
export const EXTENSION_KINDS: readonly ExtensionKind[] = [
  {
    reason: "PostgreSQL's own list of what any owner of a database may create: `trusted` in their control files.",
    trusted: true,
    preloaded: false,
    names: [
      ...[
        "btree_gin",
        "btree_gist",
        "citext",
        "cube",
        "dict_int",
        "fuzzystrmatch",
        "hstore",
        "intarray",
        "isn",
        "lo",
        "ltree",
      ],
      ...[
        "pg_trgm",
        "pgcrypto",
        "seg",
        "tablefunc",
        "tcn",
        "tsm_system_rows",
        "tsm_system_time",
        "unaccent",
        "uuid-ossp",
      ],
    ],
  },
  {
    reason:
      "Types, operators, index methods and trigger functions over values that their caller has. They reach nothing outside of the database.",
    trusted: false,
    preloaded: false,
    names: ["bloom", "earthdistance", "moddatetime", "vector"],
  },
  {
    reason:
      "Counts statements. Others' texts are shown to nobody but themselves and the superuser; a server has one tenant only.",
    trusted: false,
    preloaded: true,
    names: ["pg_stat_statements"],
  },
];

/** Every name on the list. */
export const EXTENSIONS: readonly string[] = EXTENSION_KINDS.flatMap(({ names }) => names).sort();

/** Those that the server loads at its start. */
export const PRELOADED: readonly string[] = EXTENSION_KINDS.flatMap(({ preloaded, names }) => (preloaded ? names : []));

/** Whether PostgreSQL lets a database's owner create it. */
export function isTrusted(name: string): boolean {
  return EXTENSION_KINDS.some(({ trusted, names }) => trusted && names.includes(name));
}

/** The version of an extension, as its scripts are called; two of them are never joined by `--`, which is between two in a script's name. */
export const VERSION_PATTERN = /^(?:latest|[0-9][0-9a-z]*(?:[.-][0-9a-z]+){0,5})$/;
