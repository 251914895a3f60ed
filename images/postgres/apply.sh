#!/bin/sh
# Waits for the server, then runs the SQL that comes on standard input as the superuser. $1: seconds to wait.
# Ends as soon as the container does: the engine ends an exec with its container.
set -eu
deadline=$(($(date +%s) + $1))
until pg_isready --quiet --timeout=1; do
  if [ "$(date +%s)" -ge "$deadline" ]; then
    echo "pgtenants: the server did not accept connections within $1 s" >&2
    exit 75
  fi
  sleep 0.05
done
exec psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --dbname=postgres --file=-
