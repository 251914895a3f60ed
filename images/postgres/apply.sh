#!/bin/sh
# apply.sh READY_SECONDS DISK_MIB: waits up to READY_SECONDS for the server, sets the disk quota, and runs the SQL that comes on standard
# input as the superuser, also while the disk guard has made the server read-only.
# Ends as soon as the container does: the engine ends an exec with its container.
set -eu
case $2 in
  '' | *[!0-9]*) echo "pgtenants: the disk quota is \"$2\", expected a number of MiB" >&2; exit 64 ;;
esac
deadline=$(($(date +%s) + $1))
until pg_isready --quiet --timeout=1; do
  if [ "$(date +%s)" -ge "$deadline" ]; then
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

PGOPTIONS='-c default_transaction_read_only=off' \
  exec psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --file=-
