#!/bin/sh
# archive-now.sh TYPE: has all that was committed until now in the repository, so that a restore to a target of TYPE can bring it back: makes
# the first backup where there is none, and archives the WAL segment that is being written. Fails where that does not happen within a minute.
set -eu
. "${0%/*}/backup-common.sh"
enabled=no
if [ -r "$schedule" ]; then read -r enabled <"$schedule"; fi
if [ "$enabled" != yes ]; then
  # Its past is there, up to when they were turned off.
  if [ "$1" != latest ]; then exit 0; fi
  echo "pgtenants: backups are off, so that \"latest\" is not what the server holds now; set backup.enabled, or name a time" >&2
  exit 78
fi

has_backup() { pgbackrest_here --output=json info | grep --quiet '"label"'; }
if ! has_backup; then
  code=0
  "${0%/*}/backup.sh" full || code=$?
  # The first one is being made already: its end is waited for.
  if [ "$code" = 75 ]; then flock "$backup_lock" true; elif [ "$code" != 0 ]; then exit "$code"; fi
fi

# shellcheck source-path=SCRIPTDIR source=session.sh
. "${0%/*}/session.sh"
ask() { psql --no-psqlrc --tuples-only --no-align --set=ON_ERROR_STOP=1 "$@"; }
# A time is reached at the first transaction that ends after it: without this one, none that is after the last of an idle server's.
ask --quiet --output=/dev/null --command='SELECT pg_catalog.pg_current_xact_id()'
segment=$(ask --command='SELECT pg_catalog.pg_walfile_name(pg_catalog.pg_switch_wal())')
tries=0
until [ "$(echo "SELECT count(*) FROM pg_catalog.pg_ls_archive_statusdir() WHERE name LIKE '%.ready' AND name <= :'segment' || '.ready'" |
  ask --set=segment="$segment")" = 0 ]; do
  tries=$((tries + 1))
  if [ "$tries" -gt 300 ]; then
    echo "pgtenants: WAL segment $segment is not archived after a minute; pgt backups says why" >&2
    exit 75
  fi
  sleep 0.2
done
