/**
 * How every session of the superuser's begins, as images/postgres/session.sh has it: nothing of a tenant's own counts. It can give its database settings
 * that change what a statement's text means, lead names elsewhere or end a session; what the client asks for wins, also after psql's `\connect`.
 */
export const superuserSettings: Readonly<Record<string, string>> = {
  search_path: "pg_catalog,pg_temp",
  role: "none",
  event_triggers: "off",
  session_replication_role: "origin",
  client_encoding: "UTF8",
  standard_conforming_strings: "on",
  backslash_quote: "off",
  quote_all_identifiers: "off",
  transform_null_equals: "off",
  array_nulls: "on",
  bytea_output: "hex",
  DateStyle: "ISO,YMD",
  IntervalStyle: "postgres",
  TimeZone: "UTC",
  extra_float_digits: "1",
  xmlbinary: "base64",
  xmloption: "content",
  row_security: "on",
  check_function_bodies: "on",
  createrole_self_grant: "",
  password_encryption: "scram-sha-256",
  default_tablespace: "",
  temp_tablespaces: "",
  default_table_access_method: "heap",
  default_transaction_read_only: "off",
  default_transaction_deferrable: "off",
  default_transaction_isolation: "read committed",
  statement_timeout: "0",
  lock_timeout: "0",
  transaction_timeout: "0",
  idle_session_timeout: "0",
  idle_in_transaction_session_timeout: "0",
  exit_on_error: "off",
  local_preload_libraries: "",
  session_preload_libraries: "",
  restrict_nonsystem_relation_kind: "",
  "plpgsql.variable_conflict": "error",
  "plpgsql.extra_errors": "none",
  "plpgsql.extra_warnings": "none",
  client_min_messages: "warning",
  log_statement: "none",
  log_min_error_statement: "panic",
  log_min_duration_statement: "-1",
};

/** The same as arguments of `docker exec`. */
export function superuserArguments(other: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(superuserEnvironment(other)).map(([name, value]) => `--env=${name}=${value}`);
}

/** The environment of such a session, for libpq. @param other values that win over {@link superuserSettings}. */
export function superuserEnvironment(other: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const options = Object.entries({ ...superuserSettings, ...other }).map(
    ([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, "\\$&")}`,
  );
  return { PGCLIENTENCODING: "UTF8", PGOPTIONS: options.join(" ") };
}
