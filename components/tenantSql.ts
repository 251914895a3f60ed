import type { ServerSettings } from "./serverSettings.ts";

/** What a tenant's database is to look like. Plain values. */
export interface TenantSqlSpec {
  /** The role that owns the database and that the tenant logs in as. */
  readonly owner: string;
  /** SCRAM-SHA-256 verifier of the owner's password; see `scramVerifier`. */
  readonly verifier: string;
  /** The tenant's database. Another name makes another, empty database; the old one stays. */
  readonly database: string;
  /** Settings that need no restart. One that is gone from here falls back to the server's default. */
  readonly settings: ServerSettings;
}

/**
 * The SQL that makes role, database, grants and reloadable settings what the specification says. For psql, run by the superuser; may be
 * run any number of times; ends no session and restarts nothing.
 *
 * Data enters at one place, as one quoted JSON document; the rest of the text is constant, and names and values reach statements through
 * format's %I and %L only.
 */
export function renderTenantSql(spec: TenantSqlSpec): string {
  return `\\set spec ${psqlQuoted(JSON.stringify(spec))}\n${statements}`;
}

/** A psql meta-command argument: in single quotes, quotes doubled, and backslashes escaped, which psql would read as C escapes. */
function psqlQuoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

/** The verifier must not reach the server's log or this script's error output: hence the first block. */
const statements = `\\set ON_ERROR_STOP on
\\set VERBOSITY terse
SET search_path = pg_catalog, pg_temp;
SET client_min_messages = warning;
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET log_min_duration_statement = -1;

SELECT format('CREATE ROLE %I', spec->>'owner')
  FROM (SELECT :'spec'::jsonb AS spec) AS input
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = spec->>'owner')
\\gexec
SELECT format(
         'ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD %L',
         spec->>'owner', spec->>'verifier')
  FROM (SELECT :'spec'::jsonb AS spec) AS input
\\gexec

SELECT format('CREATE DATABASE %I OWNER %I', spec->>'database', spec->>'owner')
  FROM (SELECT :'spec'::jsonb AS spec) AS input
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = spec->>'database')
\\gexec
SELECT format('ALTER DATABASE %I OWNER TO %I', spec->>'database', spec->>'owner')
  FROM (SELECT :'spec'::jsonb AS spec) AS input
\\gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', datname)
  FROM pg_database
 WHERE datname IN ('postgres', 'template1', :'spec'::jsonb->>'database')
\\gexec

ALTER SYSTEM RESET ALL;
SELECT format('ALTER SYSTEM SET %I = %L', key, value)
  FROM jsonb_each_text(:'spec'::jsonb->'settings')
\\gexec
SELECT pg_reload_conf() AS reloaded \\gset
`;
