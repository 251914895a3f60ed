#!/bin/sh
# backups.sh: what there is to bring back, as one JSON document: what pgBackRest says of the repository, the server of its archiving, and what
# became of the last backup that was tried, the last drill and the last restore in place.
set -eu
# shellcheck source-path=SCRIPTDIR source=backup-common.sh
. "${0%/*}/backup-common.sh"
enabled=no
if [ -r "$schedule" ]; then read -r enabled <"$schedule"; fi
info='[]'
if [ -s "$config" ]; then info=$(pgbackrest_here --output=json info); fi
# shellcheck source-path=SCRIPTDIR source=session.sh
. "${0%/*}/session.sh"
archiver=$(psql --no-psqlrc --tuples-only --no-align --command="
  SELECT row_to_json(archiver) FROM (
    SELECT archived_count, last_archived_wal, extract(epoch FROM last_archived_time) AS last_archived, failed_count,
           extract(epoch FROM last_failed_time) AS last_failed,
           coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS failing,
           (SELECT count(*) FROM pg_catalog.pg_ls_archive_statusdir() WHERE name LIKE '%.ready') AS waiting,
           (SELECT extract(epoch FROM min(modification)) FROM pg_catalog.pg_ls_archive_statusdir() WHERE name LIKE '%.ready') AS waiting_since
      FROM pg_catalog.pg_stat_archiver) AS archiver")
# What a file has to say, as JSON.
kept() { if [ -s "$1" ]; then cat "$1"; else echo null; fi; }
printf '{"enabled":"%s","info":%s,"archiver":%s,"tried":%s,"drill":%s,"inPlace":%s}\n' \
  "$enabled" "$info" "$archiver" "$(kept "$attempt")" "$(kept "$drill")" "$(kept "$in_place")"
