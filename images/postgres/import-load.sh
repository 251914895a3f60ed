#!/bin/sh
# import-load.sh: loads the dump in /dump/dump as the role PGUSER, which owns the database PGDATABASE. For a container of its own: dumps are
# programs (psql's \! runs commands, pg_restore reads what anybody may have written), so here is nothing but the dump, which can be read, and
# that role's way to the server.
set -eu
# shellcheck source-path=SCRIPTDIR source=import-common.sh
. "${0%/*}/import-common.sh"
folder=/dump/dump
log=/tmp/load.log
# Of no use to a tenant, and of no harm where it is missing: views of a superuser's extension that hosting companies install everywhere.
unneeded='pg_stat_statements'
# What is there already was made for this dump, by the superuser: its entry declares it.
installed=$(psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --command="SELECT string_agg(extname, '|') FROM pg_extension")
unneeded="$unneeded|$installed"

if [ -e "$folder/toc.dat" ]; then dump=$folder; else dump=$folder/archive; fi

expect_extensions() {
  names=$(sed -n -E 's/^[0-9]+; 3079 [0-9]+ EXTENSION - ([^ ]+).*/\1/p' /tmp/list)
  missing=$(psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 \
    --set=names="$names" --set=unneeded="^($unneeded)\$" <<'SQL'
SELECT string_agg(name || CASE WHEN available IS NULL THEN ' (not in the image)' ELSE ' (only a superuser may make it)' END, ', ' ORDER BY name)
  FROM string_to_table(:'names', E'\n') AS name
  LEFT JOIN (SELECT name AS available, bool_or(trusted OR NOT superuser) AS usable
               FROM pg_available_extension_versions GROUP BY name) AS known ON available = name
 WHERE name <> '' AND name !~ :'unneeded' AND usable IS NOT TRUE
SQL
  )
  if [ -n "$missing" ]; then refuse "the dump needs extensions that a tenant cannot have by itself: $missing; declare them under extensions in its entry, or drop them in the source, and dump it again"; fi
}

load_archive() {
  pg_restore --list "$dump" >/tmp/list 2>"$log" || refuse "the dump cannot be read: $(tr '\n' ' ' <"$log")"
  expect_extensions
  grep -v -E "^[0-9]+; [0-9]+ [0-9]+ ((COMMENT - )?EXTENSION (- )?($unneeded)|SCHEMA - public) " /tmp/list >/tmp/use
  tables=$(grep -c -E '^[0-9]+; [0-9]+ [0-9]+ TABLE DATA ' /tmp/use || true)
  say "loading $tables tables"
  followed "$log" loading "$tables" 'processing data for table' \
    pg_restore --verbose --exit-on-error --jobs="$1" --no-owner --no-privileges --no-publications --no-subscriptions --no-security-labels \
    --no-tablespaces --no-statistics --use-list=/tmp/use --dbname="$PGDATABASE" "$dump" ||
    refuse "the dump could not be loaded:" "$(first_errors "$log")"
}

# load_text COMMAND...: what the command prints is SQL.
load_text() {
  # psql takes the end of a text in the middle of a table's rows for the end of the rows.
  if "$@" <"$dump" | head -c 4096 | grep -q '^-- PostgreSQL database dump$' &&
    ! "$@" <"$dump" | tail -c 4096 | grep -q '^-- PostgreSQL database dump complete$'; then
    refuse "the dump is cut off: its last line is missing"
  fi
  say "loading $(du --human-readable "$dump" | cut -f 1) of SQL"
  "$@" <"$dump" | psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --file=- >/dev/null 2>"$log" ||
    refuse "the dump could not be loaded; one that is SQL is made with --no-owner and --no-privileges, and without --create:" \
      "$(first_errors "$log" | sed 's/^psql:<stdin>:/line /')"
}

bytes() { od --address-radix=n --format=x1 --skip-bytes="$1" --read-bytes="$2" "$dump" | tr -d ' \n'; }
if [ -d "$dump" ]; then load_archive 2
elif [ "$(bytes 0 5)" = 5047444d50 ]; then load_archive 2
# Parts of a tar archive cannot be read at the same time.
elif [ "$(bytes 257 5)" = 7573746172 ]; then load_archive 1
elif [ "$(bytes 0 2)" = 1f8b ]; then
  gzip --test <"$dump" 2>"$log" || refuse "the dump is damaged: $(tr '\n' ' ' <"$log")"
  load_text gzip --decompress --stdout
else load_text cat
fi
say "making statistics"
psql --no-psqlrc --quiet --command=ANALYZE 2>"$log" || refuse "ANALYZE failed:" "$(first_errors "$log")"
