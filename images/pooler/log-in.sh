#!/bin/sh
# log-in.sh PORT READY_SECONDS: logs in by the pool at PORT as its clients do, and asks the server something. Standard input: role, database and
# password in base64, a line each. PgBouncer can open server connections for a role only since its last login, with the password of then: this lets
# it know the new one at once where a password was changed, also for clients that are connected. Fails where no login succeeds in READY_SECONDS.
set -eu
umask 077
. /usr/local/lib/pgtenants/pools-common.sh
deadline=$(($(date +%s) + $2))
decoded() { IFS= read -r line && printf %s "$line" | base64 -d; }
role=$(decoded) database=$(decoded) password=$(decoded)
file=$run/password.$$
trap 'rm -f "$file"' EXIT
printf '*:*:*:*:%s\n' "$(printf %s "$password" | sed 's/[\\:]/\\&/g')" >"$file"
while :; do
  if said=$(PGPASSFILE=$file PGDATABASE=$database PGCONNECT_TIMEOUT=$2 \
    psql --no-psqlrc --no-password --host=127.0.0.1 --port="$1" --username="$role" --command='SELECT 1' 2>&1 >/dev/null); then exit 0; fi
  if [ "$(date +%s)" -ge "$deadline" ]; then
    printf 'pgtenants: no login by the pool: %s\n' "$said" >&2
    exit 75
  fi
  sleep 0.1
done
