#!/bin/sh
# move.sh look | taken | close | open | empty | dump | load | settings | set | count | mark | changed DATABASE [OWNER]: one end of a move of a tenant's database, in the
# container of the server that it is on. What runs as the superuser runs nothing of the tenant's; what the tenant's dump says is run by its own role.
#   look      a line of JSON: how large it is, and what cannot be moved. For a server of the tenant's own, with OWNER
#   taken     which of the two names are taken on this server, a line each
#   close     nobody writes. Standard input has freeze.sql with "-- end" as its last line, and after that stays open: where it ends without the word
#             "keep", the database is opened again. So one that a killed command has closed does not stay closed
#   open      takes that back
#   empty     opens it, and drops all that OWNER has in it
#   dump      to standard output, as pg_restore reads it
#   load      from standard input, as OWNER; the first line is the password. Nothing is left of it here
#   settings  what ALTER DATABASE and ALTER ROLE have set for it and OWNER, as JSON
#   set       the same again, as OWNER: standard input has the password, and then SQL
#   count     a line for each table, for all large objects, and for each sequence
#   mark      remembers what it holds now
#   changed   whether that is so still: same, changed, or unknown where nothing is remembered
set -eu
# shellcheck source-path=SCRIPTDIR source=session.sh
. "${0%/*}/session.sh"
verb=$1 database=${2:?"which database"} owner=${3:-}

refuse() { echo "pgtenants: $*" >&2; exit 78; }
in_postgres() { psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --set=database="$database" --set=owner="$owner" "$@"; }
inside() { in_postgres --dbname="$database" "$@"; }

# A schema of that name that is the tenant's own is none of ours: nothing of it is called.
open_again() {
  inside --file=- <<'SQL'
SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'pgtenants' AND nspowner = 10) AS ours \gset
\if :ours
SELECT to_regprocedure('pgtenants.thaw()') IS NOT NULL AS whole \gset
\if :whole
CALL pgtenants.thaw();
\endif
BEGIN;
SELECT format('ALTER EXTENSION plpgsql DROP %s %s', identified.type, identified.identity)
  FROM pg_depend, pg_identify_object(classid, objid, 0) AS identified
 WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass AND identified.type IN ('schema', 'table', 'view', 'function', 'procedure')
   AND coalesce(identified.schema, identified.name) = 'pgtenants'
\gexec
DROP SCHEMA pgtenants CASCADE;
COMMIT;
\endif
SQL
}

# As the tenant's own role, over the loopback: a session that the superuser has lent could be taken back by what the dump says.
as_owner() {
  IFS= read -r password || refuse "standard input ended too early"
  umask 077
  passfile=$(mktemp /tmp/pgpass.XXXXXX)
  trap 'rm -f "$passfile"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '127.0.0.1:5432:*:%s:%s\n' "$owner" "$(printf %s "$password" | sed 's/[\\:]/\\&/g')" >"$passfile"
  # What the superuser's sessions begin with is not for this one.
  PGOPTIONS='-c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0' \
    PGHOST=127.0.0.1 PGUSER=$owner PGPASSFILE=$passfile PGDATABASE=$database PGAPPNAME='pgtenants move' "$@"
}

counts() {
  inside --file="${0%/*}/import-count.sql"
  inside --command='SELECT json_build_array(schemaname, sequencename, last_value) FROM pg_sequences
    ORDER BY schemaname COLLATE "C", sequencename COLLATE "C"'
}

digest() {
  {
    counts
    # Without the key, which is another one each time.
    pg_dump --schema-only --no-owner --no-privileges --restrict-key=move --dbname="$database"
  } >/tmp/move-digest
  sha256sum </tmp/move-digest | cut -d ' ' -f 1
  rm -f /tmp/move-digest
}

case $verb in
  look)
    # shellcheck source-path=SCRIPTDIR source=disk.sh
    . "${0%/*}/disk.sh"
    # shellcheck disable=SC2046 # two words
    set -- $(stat --file-system --format='%S %a' "$volume")
    inside --set=free=$(($1 * $2 / 1048576)) --set=used=$(($(disk_used) / 1024)) --file=- <<'SQL'
SELECT json_build_object(
  'bytes', pg_database_size(current_database()), 'usedMiB', :used, 'freeMiB', :free,
  'extensions', (SELECT coalesce(json_agg(extname ORDER BY extname), '[]') FROM pg_extension
                  WHERE extname <> 'plpgsql' AND NOT EXISTS (
                    SELECT FROM pg_available_extension_versions AS known
                     WHERE known.name = extname AND version = extversion AND (trusted OR NOT superuser))),
  'publications', (SELECT count(*) FROM pg_publication),
  'subscriptions', (SELECT count(*) FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())),
  'databases', (SELECT coalesce(json_agg(datname ORDER BY datname), '[]') FROM pg_database
                 WHERE :'owner' <> '' AND datname NOT IN ('postgres', 'template0', 'template1', current_database())),
  'roles', (SELECT coalesce(json_agg(rolname ORDER BY rolname), '[]') FROM pg_roles
             WHERE :'owner' <> '' AND oid >= 16384 AND rolname <> :'owner' AND rolname !~ '^pgtenants'));
SQL
    ;;
  taken)
    in_postgres --file=- <<'SQL'
SELECT 'the role ' || rolname FROM pg_roles WHERE rolname = :'owner'
UNION ALL SELECT 'the database ' || datname FROM pg_database WHERE datname = :'database';
SQL
    ;;
  close)
    statements=$(sed --unbuffered '/^-- end$/q')
    case $statements in *'-- end') ;; *) refuse "standard input ended before its last line; nothing was changed" ;; esac
    trap 'open_again' EXIT
    printf '%s\nCALL pgtenants.freeze();\n' "$statements" | inside --file=- >/dev/null
    echo closed
    IFS= read -r word || word=
    if [ "$word" = keep ]; then
      trap - EXIT
      echo kept
    fi
    ;;
  open) open_again ;;
  empty)
    open_again
    inside --file=- <<'SQL'
SELECT format('DROP OWNED BY %I CASCADE', rolname) FROM pg_roles WHERE rolname = :'owner'
\gexec
SQL
    in_postgres --file=- <<'SQL'
SELECT 'DELETE FROM pgtenants.moves WHERE datid = (SELECT oid FROM pg_database WHERE datname = ' || quote_literal(:'database') || ')'
 WHERE to_regclass('pgtenants.moves') IS NOT NULL
\gexec
SQL
    ;;
  dump)
    exec pg_dump --format=custom --compress=none --no-owner --no-privileges --no-publications --no-subscriptions --no-security-labels \
      --no-tablespaces --statistics --dbname="$database"
    ;;
  load)
    as_owner pg_restore --exit-on-error --no-owner --no-privileges --no-publications --no-subscriptions --no-security-labels --no-tablespaces \
      --dbname="$database"
    ;;
  settings)
    in_postgres --file=- <<'SQL'
-- What the file says of the tenant is set by its deployment; what closes the database is ours.
SELECT coalesce(json_agg(json_build_object('database', setdatabase <> 0, 'role', setrole <> 0, 'name', name, 'value', value) ORDER BY setdatabase, setrole, name), '[]')
  FROM pg_db_role_setting
  LEFT JOIN pg_database ON pg_database.oid = setdatabase
  LEFT JOIN pg_roles ON pg_roles.oid = setrole
  CROSS JOIN unnest(setconfig) AS setting
  CROSS JOIN LATERAL (SELECT split_part(setting, '=', 1) AS name, substr(setting, strpos(setting, '=') + 1) AS value) AS parts
 WHERE coalesce(datname, :'database') = :'database' AND coalesce(rolname, :'owner') = :'owner' AND (datname IS NOT NULL OR rolname IS NOT NULL)
   AND name <> 'default_transaction_read_only'
   AND NOT (setdatabase = 0 AND name IN ('statement_timeout', 'idle_in_transaction_session_timeout'));
SQL
    ;;
  set) as_owner psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --output=/dev/null --file=- ;;
  count) counts ;;
  mark)
    now=$(digest)
    in_postgres --set=digest="$now" --file=- <<'SQL'
CREATE TABLE IF NOT EXISTS pgtenants.moves (datid oid PRIMARY KEY, digest text NOT NULL, xid xid8 NOT NULL DEFAULT pg_current_xact_id());
INSERT INTO pgtenants.moves (datid, digest) SELECT oid, :'digest' FROM pg_database WHERE datname = :'database'
ON CONFLICT (datid) DO UPDATE SET (digest, xid) = ROW (excluded.digest, excluded.xid);
SQL
    ;;
  changed)
    remembered=$(in_postgres --file=- <<'SQL'
SELECT format('SELECT digest || '' '' || xid::xid FROM pgtenants.moves JOIN pg_database ON oid = datid WHERE datname = %L', :'database')
 WHERE to_regclass('pgtenants.moves') IS NOT NULL
\gexec
SQL
    )
    if [ -z "$remembered" ]; then
      echo unknown
      exit
    fi
    if [ "$(digest)" != "${remembered% *}" ]; then
      echo changed
      exit
    fi
    # The same number of rows in each table may be other rows.
    newer=$(inside --set=xid="${remembered#* }" --file=- <<'SQL'
SELECT format('SELECT 1 FROM ONLY %I.%I WHERE age(xmin) < age(%L::xid) LIMIT 1', nspname, relname, :'xid')
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relkind IN ('r', 'm') AND relpersistence <> 't' AND nspname <> 'information_schema'
   AND (nspname !~ '^pg_' OR relname IN ('pg_largeobject', 'pg_largeobject_metadata'))
\gexec
SQL
    )
    if [ -n "$newer" ]; then echo changed; else echo same; fi
    ;;
  *) refuse "move.sh: no such verb: $verb" ;;
esac
