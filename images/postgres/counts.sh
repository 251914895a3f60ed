#!/bin/sh
# counts.sh: the rows of every table, a line of JSON per database. Not those of unlogged tables, which no restore brings back. Fails where a
# table cannot be read to its end.
set -eu
# What the tenant set for its database must not bind this.
export PGOPTIONS='-c statement_timeout=0 -c lock_timeout=30s -c search_path=pg_catalog,pg_temp -c event_triggers=off'
psql_here() { psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "$@"; }
for oid in $(psql_here --command='SELECT oid FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname'); do
  name=$(psql_here --command="SELECT datname FROM pg_database WHERE oid = $oid")
  # As a variable: psql takes a name with "=" in it for a connection string.
  export PGDATABASE="$name"
  psql_here --file=- <<'SQL'
SELECT json_build_object('database', current_database(), 'tables', coalesce(json_object_agg(name, rows), '{}'))
  FROM (SELECT format('%I.%I', nspname, relname) AS name,
               (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM ONLY %I.%I', nspname, relname), false, true, '')))[1]::text::bigint AS rows
          FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
         WHERE relkind IN ('r', 'm') AND relispopulated AND relpersistence = 'p'
           AND nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema')) AS counted;
SQL
done
