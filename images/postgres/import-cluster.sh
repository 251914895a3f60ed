#!/bin/sh
# import-cluster.sh wanted | hold DISK_MIB | make OWNER DATABASE MEMORY_MIB EXTENSION... | finish DATABASE DISK_MIB | drop: the server that a dump is
# loaded into, on a new tenant's volume. `wanted` ends with 3 where the volume holds a cluster. `hold` is a container's first process, and
# lives as long as its standard input does; the others run beside it. No network: who loads comes to the loopback, and only as the tenant's own role.
#
# The cluster is made in a folder beside its final one, so that a kill in the middle leaves nothing that looks like a cluster.
set -eu
# shellcheck source-path=SCRIPTDIR source=import-common.sh
. "${0%/*}/import-common.sh"
# shellcheck source-path=SCRIPTDIR source=disk.sh
. "${0%/*}/disk.sh"
# shellcheck source-path=SCRIPTDIR source=session.sh
. "${0%/*}/session.sh"
partial=$PGDATA.partial
too_large=/tmp/too-large

as_superuser() { psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "$@"; }

# fits DISK_MIB
fits() {
  if [ "$(disk_used)" -gt $(($1 * 1024)) ]; then
    echo "the data needs more than the tenant's disk of $1 MB; raise disk" >"$too_large"
    return 1
  fi
}

# The disk guard is not here yet.
guard_disk() {
  while sleep 2; do
    if fits "$1"; then continue; fi
    pg_ctl --pgdata="$partial" --mode=immediate --silent stop || true
    return
  done
}

start_server() {
  cat >/tmp/pg_hba.conf <<'HBA'
local all         pgtenants     peer map=superuser
host  all         pgtenants all reject
host  replication all       all reject
host  all         all       127.0.0.1/32 trust
HBA
  # Until it is renamed nobody needs it to outlive a crash; it is written to disk then.
  pg_ctl --pgdata="$partial" --silent --wait --log=/tmp/server.log --options="-c listen_addresses=127.0.0.1 \
    -c unix_socket_directories=/run/postgresql -c hba_file=/tmp/pg_hba.conf -c ident_file=/etc/pgtenants/pg_ident.conf \
    -c shared_buffers=$(($1 / 4))MB -c maintenance_work_mem=$(($1 / 8))MB -c max_connections=20 -c max_wal_size=256MB \
    -c fsync=off -c full_page_writes=off -c synchronous_commit=off -c wal_level=minimal -c max_wal_senders=0 -c archive_mode=off \
    -c io_method=sync -c huge_pages=off -c autovacuum=off -c max_parallel_workers=0 -c max_parallel_maintenance_workers=0 \
    -c log_min_messages=fatal -c log_min_error_statement=panic" start
}

case $1 in
  wanted)
    if [ -s "$PGDATA/PG_VERSION" ]; then exit 3; fi
    if [ -d "$PGDATA" ] && [ -n "$(ls -A "$PGDATA")" ]; then refuse "$PGDATA is not empty, yet holds no PG_VERSION"; fi
    ;;
  hold)
    exec 9</var/lib/postgresql
    flock --nonblock 9 || refuse "another container runs on this volume"
    guard_disk "$2" 9<&- </dev/null &
    exec cat >/dev/null
    ;;
  make)
    rm -rf "$partial"
    mkdir -p "$(dirname "$partial")"
    cp -a /usr/local/share/pgtenants/cluster "$partial"
    "${0%/*}/own-identity.pl" "$partial" >/dev/null
    start_server "$4"
    as_superuser --set=owner="$2" --set=database="$3" <<'SQL'
CREATE ROLE :"owner" LOGIN;
COMMENT ON ROLE :"owner" IS 'pgtenants: owner';
CREATE DATABASE :"database" OWNER :"owner" STRATEGY = file_copy;
REVOKE ALL ON DATABASE :"database", postgres, template1 FROM PUBLIC;
SQL
    database=$3
    shift 4
    for extension in "$@"; do
      as_superuser --dbname="$database" --set=extension="$extension" <<'SQL'
CREATE EXTENSION :"extension" SCHEMA public CASCADE;
SQL
    done
    ;;
  finish)
    as_superuser --dbname="$2" --file="${0%/*}/superuser-count.sql" >/tmp/rows
    if [ -e /dump/rows ] && ! cmp --silent /dump/rows /tmp/rows; then
      refuse "the tables do not hold what the source's do:" \
        "$(diff /dump/rows /tmp/rows | sed -n 's/^< /  source /p; s/^> /  here   /p' | head -n 20)"
    fi
    pg_ctl --pgdata="$partial" --mode=fast --silent stop
    # The log of the load would count as the tenant's disk.
    pg_resetwal --pgdata="$partial" >/dev/null
    rm -f "$partial/postmaster.opts"
    if ! fits "$3"; then exit 78; fi
    sync -f "$partial"
    mv -T "$partial" "$PGDATA"
    sync -f "$PGDATA"
    tables=$(($(wc -l </tmp/rows) - 1))
    all=$(sed 's/.*, \([0-9]*\)\]$/\1/' /tmp/rows | awk '{ sum += $1 } END { printf "%d", sum }')
    say "imported: $tables tables, $all rows and large objects"
    ;;
  drop)
    if [ -e "$too_large" ]; then say "$(cat "$too_large")"; fi
    pg_ctl --pgdata="$partial" --mode=immediate --silent stop >/dev/null 2>&1 || true
    rm -rf "$partial"
    ;;
esac
