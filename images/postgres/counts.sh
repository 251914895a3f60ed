#!/bin/sh
# counts.sh: the rows of every table, a line of JSON per database. Not those of unlogged tables, which no restore brings back. Fails where a
# table cannot be read to its end.
set -eu
# shellcheck source-path=SCRIPTDIR source=session.sh
. "${0%/*}/session.sh"
PGOPTIONS="$PGOPTIONS -c lock_timeout=30s"
psql_here() { psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "$@"; }
for oid in $(psql_here --command='SELECT oid FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname'); do
  name=$(psql_here --command="SELECT datname FROM pg_database WHERE oid = $oid")
  # As a variable: psql takes a name with "=" in it for a connection string.
  export PGDATABASE="$name"
  psql_here --set=folder="${0%/*}" --file=- <<'SQL'
SELECT set_config('pgtenants.relations', coalesce(string_agg(pg_class.oid::text, ' '), ''), false)
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relkind IN ('r', 'm') AND relispopulated AND relpersistence = 'p' AND nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
\g /dev/null
\set counting :folder '/count-rows.sql'
\i :counting
SELECT json_build_object('database', current_database(), 'tables', coalesce(json_object_agg(format('%I.%I', schema, name), rows), '{}'))
  FROM json_to_recordset(current_setting('pgtenants.counted')::json) AS counted (schema text, name text, rows bigint);
SQL
done
