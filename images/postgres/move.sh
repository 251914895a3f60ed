#!/bin/sh
# move.sh VERB DATABASE [OWNER [KEY]]: one end of a move of a tenant's database, in the container of the server that it is on. What runs as the superuser runs
# nothing of the tenant's; what the tenant's dump says is run by its own role. The table pgtenants.moves, made by the first move on a server, says of each database
# whether a move has closed it, and what it held when it was filled.
#   look      a line of JSON: how large it is, and what cannot be moved
#   taken     which of the two names are taken on this server, and what it keeps of a tenant with that KEY, a line each
#   close     nobody writes. Standard input has freeze.sql with "-- end" as its last line, and after that stays open: where it ends without the word
#             "keep", the database is opened again. So one that a killed command has closed does not stay closed
#   open      takes that back; nothing where no move has closed it
#   empty     opens it, ends OWNER's sessions there, and drops all that it has in it
#   dump      to standard output, as pg_restore reads it
#   load      from standard input, as OWNER; the first line is the password. Nothing is left of it here
#   settings  what ALTER DATABASE and ALTER ROLE have set for it and OWNER, as JSON
#   set       the same again, as OWNER: standard input has the password, and then SQL
#   count     a line for each table, for all large objects, and for each sequence
#   mark      remembers what it holds now
#   changed   whether that is so still: same, changed, or unknown where nothing is remembered
#   closed    whether a move has closed it: t, or anything else
set -eu
# shellcheck source-path=SCRIPTDIR source=session.sh
. "${0%/*}/session.sh"
verb=$1 database=${2:?"which database"} owner=${3:-} key=${4:-}

refuse() { echo "pgtenants: $*" >&2; exit 78; }
as_superuser() {
  psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --set=database="$database" --set=owner="$owner" --set=key="$key" "$@"
}
in_postgres() { as_superuser --file=- "$@"; }
inside() { in_postgres --dbname="$database" "$@"; }

is_closed() {
  in_postgres <<'SQL'
SELECT to_regclass('pgtenants.moves') IS NOT NULL AS known \gset
\if :known
SELECT closed FROM pgtenants.moves JOIN pg_database ON oid = datid WHERE datname = :'database';
\endif
SQL
}

# It counts as closed from before it is, until after it is open.
mark_closed() {
  in_postgres <<'SQL'
CREATE TABLE IF NOT EXISTS pgtenants.moves (datid oid PRIMARY KEY, closed boolean NOT NULL DEFAULT false, digest text);
INSERT INTO pgtenants.moves (datid, closed) SELECT oid, true FROM pg_database WHERE datname = :'database'
ON CONFLICT (datid) DO UPDATE SET closed = true;
SQL
}

open_again() {
  if [ "$(is_closed)" != t ]; then return; fi
  # A schema of that name that is the tenant's own is none of ours: nothing of it is called.
  inside <<'SQL'
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
  in_postgres <<'SQL'
UPDATE pgtenants.moves SET closed = false FROM pg_database WHERE oid = datid AND datname = :'database';
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
  PGOPTIONS='-c default_transaction_read_only=off -c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c transaction_timeout=0' \
    PGHOST=127.0.0.1 PGUSER=$owner PGPASSFILE=$passfile PGDATABASE=$database PGAPPNAME='pgtenants move' "$@"
}

settings() {
  in_postgres <<'SQL'
-- What the file says of the tenant is set by its deployment; what closes the database, and what filling it takes, is ours.
SELECT coalesce(json_agg(json_build_object('database', setdatabase <> 0, 'role', setrole <> 0, 'name', name, 'value', value) ORDER BY setdatabase, setrole, name), '[]')
  FROM pg_db_role_setting
  LEFT JOIN pg_database ON pg_database.oid = setdatabase
  LEFT JOIN pg_roles ON pg_roles.oid = setrole
  CROSS JOIN unnest(setconfig) AS setting
  CROSS JOIN LATERAL (SELECT split_part(setting, '=', 1) AS name, substr(setting, strpos(setting, '=') + 1) AS value) AS parts
 WHERE coalesce(datname, :'database') = :'database' AND coalesce(rolname, :'owner') = :'owner' AND (datname IS NOT NULL OR rolname IS NOT NULL)
   AND name NOT IN ('default_transaction_read_only', 'temp_file_limit')
   AND NOT (setdatabase = 0 AND name IN ('statement_timeout', 'idle_in_transaction_session_timeout'));
SQL
}

counts() {
  as_superuser --dbname="$database" --file="${0%/*}/superuser-count.sql" && inside <<'SQL'
SELECT json_build_array(schemaname, sequencename, last_value) FROM pg_sequences ORDER BY schemaname COLLATE "C", sequencename COLLATE "C";
SQL
}

# All that it holds, rows too. Without the key, which is another one each time, and without the versions at its top. As pg_dump reads it: the planner would
# run what the tenant has written into index expressions.
content() {
  pg_dump --no-owner --no-privileges --restrict-key=move --lock-wait-timeout=60s --dbname="$database" && settings
}
digest() {
  { ended=$({ { content && echo 0 >&3; } | sed '1,10{/^-- Dumped /d}' | sha256sum >&4; } 3>&1) && [ "$ended" = 0 ]; } 4>&1
}

# For as long as this runs, what holds a lock that the superuser waits for is ended: the tenant may lock its tables also where it cannot write.
unblock() {
  export PGAPPNAME='pgtenants deployment'
  (setsid "${0%/*}/unblock.sh" $$ </dev/null >/proc/1/fd/2 2>&1 &) 2>/dev/null
}

case $verb in
  look)
    # shellcheck source-path=SCRIPTDIR source=disk.sh
    . "${0%/*}/disk.sh"
    # shellcheck disable=SC2046 # two words
    set -- $(stat --file-system --format='%S %a' "$volume")
    inside --set=free=$(($1 * $2 / 1048576)) --set=used=$(($(disk_used) / 1024)) <<'SQL'
SELECT json_build_object(
  'bytes', pg_database_size(current_database()), 'usedMiB', :used, 'freeMiB', :free,
  'locale', (SELECT concat_ws(' ', pg_encoding_to_char(encoding), datlocprovider, datcollate, datctype, datlocale, daticurules)
               FROM pg_database WHERE datname = current_database()),
  'ownSchema', EXISTS (SELECT FROM pg_namespace WHERE nspname = 'pgtenants' AND nspowner <> 10),
  'settings', (SELECT coalesce(json_agg(DISTINCT pg_settings.name), '[]')
                 FROM pg_db_role_setting CROSS JOIN unnest(setconfig) AS given JOIN pg_settings ON name = split_part(given, '=', 1)
                WHERE context <> 'user' AND name <> 'temp_file_limit'
                  AND (setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
                       OR setdatabase = 0 AND setrole = (SELECT oid FROM pg_roles WHERE rolname = :'owner'))),
  'extensions', (SELECT coalesce(json_agg(extname ORDER BY extname), '[]') FROM pg_extension
                  WHERE extname <> 'plpgsql' AND NOT EXISTS (
                    SELECT FROM pg_available_extension_versions AS known
                     WHERE known.name = extname AND version = extversion AND (trusted OR NOT superuser))),
  'publications', (SELECT count(*) FROM pg_publication),
  'subscriptions', (SELECT count(*) FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())),
  'databases', (SELECT coalesce(json_agg(datname ORDER BY datname), '[]') FROM pg_database
                 WHERE datname NOT IN ('postgres', 'template0', 'template1', current_database())),
  'roles', (SELECT coalesce(json_agg(rolname ORDER BY rolname), '[]') FROM pg_roles
             WHERE oid >= 16384 AND rolname <> :'owner' AND rolname !~ '^pgtenants'));
SQL
    ;;
  taken)
    in_postgres <<'SQL'
SELECT 'the role ' || rolname FROM pg_roles WHERE rolname = :'owner'
UNION ALL SELECT 'the database ' || datname FROM pg_database WHERE datname = :'database'
UNION ALL SELECT 'data of an earlier tenant of this id, as the role ' || rolname FROM pg_roles
 WHERE rolname <> :'owner' AND CASE WHEN shobj_description(oid, 'pg_authid') LIKE 'pgtenants: shared {%'
                                    THEN substr(shobj_description(oid, 'pg_authid'), 19)::jsonb->>'key' = :'key' END;
SQL
    ;;
  close)
    statements=$(sed --unbuffered '/^-- end$/q')
    case $statements in *'-- end') ;; *) refuse "standard input ended before its last line; nothing was changed" ;; esac
    trap 'open_again' EXIT
    unblock
    mark_closed
    printf '%s\nCALL pgtenants.freeze();\n' "$statements" | inside >/dev/null
    echo closed
    IFS= read -r word || word=
    if [ "$word" = keep ] && [ "$(is_closed)" = t ]; then
      trap - EXIT
      echo kept
    fi
    ;;
  closed) is_closed ;;
  open)
    unblock
    open_again
    ;;
  empty)
    unblock
    open_again
    inside <<'SQL'
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND usename = :'owner' \g /dev/null
SELECT format('DROP OWNED BY %I CASCADE', rolname) FROM pg_roles WHERE rolname = :'owner'
\gexec
-- What an attempt before has set; the deployment's own stays.
SELECT format('ALTER ROLE %I RESET %I', :'owner', split_part(given, '=', 1))
  FROM pg_db_role_setting JOIN pg_roles ON pg_roles.oid = setrole CROSS JOIN unnest(setconfig) AS given
 WHERE rolname = :'owner' AND setdatabase = 0 AND split_part(given, '=', 1) NOT IN ('statement_timeout', 'idle_in_transaction_session_timeout')
\gexec
SELECT format('ALTER DATABASE %I RESET ALL', current_database()), format('ALTER ROLE %I IN DATABASE %I RESET ALL', :'owner', current_database()),
       -- As long as it is filled.
       format('ALTER ROLE %I IN DATABASE %I SET temp_file_limit = -1', :'owner', current_database())
\gexec
SQL
    ;;
  dump)
    unblock
    exec pg_dump --format=custom --compress=none --no-owner --no-privileges --no-publications --no-subscriptions --no-security-labels \
      --no-tablespaces --statistics --lock-wait-timeout=60s --dbname="$database"
    ;;
  load)
    as_owner pg_restore --exit-on-error --no-owner --no-privileges --no-publications --no-subscriptions --no-security-labels --no-tablespaces \
      --dbname="$database"
    ;;
  settings) settings ;;
  set) as_owner psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --output=/dev/null --file=- ;;
  count)
    unblock
    counts
    ;;
  mark)
    unblock
    inside <<'SQL'
SELECT format('ALTER ROLE %I IN DATABASE %I RESET temp_file_limit', :'owner', current_database())
\gexec
SQL
    now=$(digest)
    in_postgres --set=digest="$now" <<'SQL'
CREATE TABLE IF NOT EXISTS pgtenants.moves (datid oid PRIMARY KEY, closed boolean NOT NULL DEFAULT false, digest text);
INSERT INTO pgtenants.moves (datid, digest) SELECT oid, :'digest' FROM pg_database WHERE datname = :'database'
ON CONFLICT (datid) DO UPDATE SET digest = excluded.digest;
SQL
    ;;
  changed)
    unblock
    remembered=$(in_postgres <<'SQL'
SELECT to_regclass('pgtenants.moves') IS NOT NULL AS known \gset
\if :known
SELECT digest FROM pgtenants.moves JOIN pg_database ON oid = datid WHERE datname = :'database';
\endif
SQL
    )
    if [ -z "$remembered" ]; then
      echo unknown
      exit
    fi
    now=$(digest)
    if [ "$now" = "$remembered" ]; then echo same; else echo changed; fi
    ;;
  *) refuse "move.sh: no such verb: $verb" ;;
esac
