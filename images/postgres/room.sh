#!/bin/sh
# room.sh BYTES: refuses where a second cluster beside the tenant's, of BYTES or as large as its own if that is more, would leave so little of the
# file system that the disk guards of its tenants would act.
set -eu
# shellcheck source-path=SCRIPTDIR source=disk.sh
. "${0%/*}/disk.sh"
own=$(du --summarize --one-file-system --block-size=1K "$PGDATA" 2>/dev/null | cut -f 1)
need=$((${1:?"how many bytes"} / 1024))
if [ "$own" -gt "$need" ]; then need=$own; fi
# WAL is replayed in segments.
need=$((need + need / 10 + 4 * wal_segment))
# shellcheck disable=SC2046 # three words
set -- $(stat --file-system --format='%S %a %b' "$volume")
free=$(($1 * $2 / 1024))
stays=$(unlocks_above $(($1 * $3 / 2048)))
if [ $((free - need)) -lt "$stays" ]; then
  echo "pgtenants: a second cluster takes up to $((need / 1024)) MiB, and of the file system's $((free / 1024)) free MiB $((stays / 1024)) must stay free" >&2
  exit 78
fi
