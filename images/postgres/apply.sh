#!/bin/sh
# apply.sh READY_SECONDS DISK_MIB BACKUP FULL INCREMENTAL ZONE: waits up to READY_SECONDS for the server, sets the disk quota and when backups
# are made (BACKUP is yes or no), and runs what comes on standard input: a line with pgBackRest's configuration in base64, then SQL, as the superuser, also while the disk guard has made the server read-only. Removes certificates that are not in use after it.
# Ends as soon as the container does: the engine ends an exec with its container.
set -eu
tls_folder=/var/lib/postgresql/tls
# How long the SQL may take, in seconds: 100,000 tables are closed within one minute.
bound=900
case $2 in
  '' | *[!0-9]*) echo "pgtenants: the disk quota is \"$2\", expected a number of MiB" >&2; exit 64 ;;
esac
deadline=$(($(date +%s) + $1)) looks=0
# Programs are started sparingly: they take time from the server that is being made.
until [ -S /run/postgresql/.s.PGSQL.5432 ] && pg_isready --quiet --timeout=1; do
  looks=$((looks + 1))
  if [ $((looks % 20)) -eq 0 ] && [ "$(date +%s)" -ge "$deadline" ]; then
    echo "pgtenants: the server did not accept connections within $1 s" >&2
    exit 75
  fi
  sleep 0.05
done

# shellcheck source-path=SCRIPTDIR source=disk.sh
. "${0%/*}/disk.sh"
# Not written without need: on a full disk it could not be.
if [ "$(cat "$limit_file" 2>/dev/null)" != "$2" ]; then
  echo "$2" >"$limit_file.new"
  mv "$limit_file.new" "$limit_file"
fi

write_backup_settings() (
  umask 077
  # Half a configuration must not become one: the line is whole only with its end.
  IFS= read -r encoded || { echo "pgtenants: standard input ended within its first line" >&2; exit 65; }
  mkdir -p "$folder"
  printf %s "$encoded" | base64 -d | put "$config"
  printf '%s\n' "$@" | put "$schedule"
)
# Leaves a file alone that is as it should be: on a full disk it could not be written, and a newer one makes the scheduler look.
put() {
  cat >"$1.new"
  if cmp --silent "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi
}
# shellcheck source-path=SCRIPTDIR source=backup-common.sh
. "${0%/*}/backup-common.sh"
write_backup_settings "$3" "$4" "$5" "$6"

sql=$(cat)
# shellcheck source-path=SCRIPTDIR source=session.sh
. "${0%/*}/session.sh"
# For as long as this runs, whatever ends it.
(setsid "${0%/*}/unblock.sh" $$ </dev/null >/proc/1/fd/2 2>&1 &) 2>/dev/null
code=0
# A server that waits for a lock looks whether its client is still there.
printf '%s\n' "$sql" |
  PGAPPNAME='pgtenants deployment' PGOPTIONS="$PGOPTIONS -c client_connection_check_interval=5s" \
    timeout "$bound" psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --file=- || code=$?
if [ "$code" = 124 ]; then
  echo "pgtenants: what the entry says was not so after $bound s; it is begun again by the next deployment. What it waited for: pg_stat_activity, docker logs" >&2
fi
if [ "$code" != 0 ]; then exit "$code"; fi
: >/run/postgresql/limits-changed
# Into the container's log; where that cannot be, the guard starts it within a minute.
(setsid "${0%/*}/watch.sh" </dev/null >/dev/null 2>/proc/1/fd/2 &) 2>/dev/null
# For swap.sh. An older one must not be left where this one cannot be written.
if ! printf '%s\n' "$sql" | cmp --silent - "$applied"; then
  if ! (umask 077 && printf '%s\n' "$sql" >"$applied.new" && mv "$applied.new" "$applied"); then rm -f "$applied" "$applied.new"; fi
fi

# Private keys that the server's settings do not name any more go: the wildcard's is every other tenant's as well. One that a running server
# was told to leave has it in memory until it has read its settings again.
if [ ! -d "$tls_folder" ]; then exit 0; fi
named=$(psql --no-psqlrc --tuples-only --no-align --command="
  SELECT setting FROM pg_catalog.pg_file_settings WHERE name = 'ssl_cert_file'
     AND EXISTS (SELECT FROM pg_catalog.pg_file_settings WHERE name = 'ssl' AND setting = 'on')")
for file in "$tls_folder"/*; do
  if [ -e "$file" ] && ! printf '%s\n' "$named" | grep -qxF "$file"; then rm -f "$file"; fi
done
