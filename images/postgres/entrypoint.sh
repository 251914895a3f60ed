#!/bin/sh
# Starts the tenant's server, and the disk guard beside it. Where the volume is new it makes the cluster first; a cluster that was
# made elsewhere it takes over. No secret passes through here.
set -eu

refuse() {
  printf 'pgtenants: %s\n' "$@" >&2
  exit 78
}

# In the cluster, so that it goes where a copy of the cluster goes: the bootstrap superuser is called pgtenants and has no password.
marker=$PGDATA/pgtenants.superuser

check_volume() {
  # Without a volume the data would sit in the container's own layer and go away with it.
  mountpoint -q /var/lib/postgresql ||
    refuse "no volume is mounted at /var/lib/postgresql; refusing to keep data inside the container"
  # PostgreSQL's own lock, postmaster.pid, does not hold between two containers, which do not see each other's processes; this one
  # does. The server inherits it, and it is gone with the container's last process.
  exec 9</var/lib/postgresql
  flock --nonblock 9 ||
    refuse "another container runs on this volume; refusing to start a second server, which would destroy the data"
}

check_cluster() {
  # Files of another user look like no cluster at all.
  if [ -e "$PGDATA" ] && [ ! -O "$PGDATA" ]; then
    refuse "$PGDATA belongs to uid $(stat -c %u "$PGDATA"), the server runs as uid $(id -u); an image based on Alpine has another uid," \
      "and another C library, which sorts text differently: move such data with pg_dump"
  fi
  if [ -s "$PGDATA/PG_VERSION" ]; then return; fi
  if [ -d "$PGDATA" ] && [ -n "$(ls -A "$PGDATA")" ]; then
    refuse "$PGDATA is not empty, yet holds no PG_VERSION; refusing to initialise over it"
  fi
  # Up to version 17 the official image's volume was mounted one or two folders further down.
  for other in /var/lib/postgresql/PG_VERSION /var/lib/postgresql/data/PG_VERSION /var/lib/postgresql/*/docker/PG_VERSION; do
    if [ -e "$other" ]; then
      refuse "the volume holds a cluster of version $(cat "$other") in ${other%/*}; refusing to start an empty one beside it, in $PGDATA." \
        "run the image that made it, or upgrade the cluster with pg_upgrade"
    fi
  done
}

# A copy of the image's: initdb was two fifths of all processor time that a new tenant took.
make_cluster() {
  # Made beside and renamed, so that a kill in the middle leaves nothing that looks like a cluster.
  rm -rf "$PGDATA.partial"
  mkdir -p "$(dirname "$PGDATA")"
  cp -a /usr/local/share/pgtenants/cluster "$PGDATA.partial"
  "${0%/*}/own-identity.pl" "$PGDATA.partial" >&2
  sync -f "$PGDATA.partial"
  mv -T "$PGDATA.partial" "$PGDATA"
  sync -f "$PGDATA"
}

# take_over postgres OPTION...: renames the bootstrap superuser of a cluster that was made elsewhere.
# The bootstrap superuser has the oid 10 in every cluster. It is who works in single-user mode, and ALTER ROLE cannot rename who works:
# hence the UPDATE, one transaction, that may run again after a kill. It takes the password with it, which somebody else may know.
# What made the cluster must not start on it beside this server, whose lock it does not know: the folder is in no other image, and holds
# nothing for postgresql.conf.
take_over() {
  shift
  echo "pgtenants: $PGDATA was made elsewhere; its superuser becomes pgtenants, without a password" >&2
  echo "UPDATE pg_authid SET rolname = 'pgtenants', rolpassword = NULL, rolsuper = true, rolcanlogin = true WHERE oid = 10" |
    postgres --single -D "$PGDATA" "$@" -c exit_on_error=on template1 >/dev/null ||
    refuse "the superuser of $PGDATA could not be renamed, the lines above say why; its roles are as they were." \
      "If it has a role pgtenants already, rename that one with the image that made the cluster"
  only_here="include_dir '${0%/*}'"
  if ! grep -qxF "$only_here" "$PGDATA/postgresql.conf"; then
    cp -p "$PGDATA/postgresql.conf" "$PGDATA/postgresql.conf.new"
    printf '\n# pgtenants runs on this cluster; no other image may.\n%s\n' "$only_here" >>"$PGDATA/postgresql.conf.new"
    mv "$PGDATA/postgresql.conf.new" "$PGDATA/postgresql.conf"
  fi
  : >"$marker"
  sync -f "$marker"
}

# What is the same for all tenants, before the tenant's own options, which win.
#   io_method: workers that read ahead would be paid for by every idle tenant; measured, 9 processes become 5.
#   io_max_concurrency: with that method one at a time is all there is; measured, 0.2 MiB of shared memory less, and a scan as fast.
#   autovacuum_worker_slots: as many as autovacuum_max_workers; measured, 0.4 MiB of shared memory less than with 16.
#   max_pred_locks_per_transaction: the server has twice the connections that the tenant may use, so half of PostgreSQL's value for each keeps
#     as many predicate locks as a server of the tenant's size has; measured, 0.7 MiB of shared memory less.
#   max_pred_locks_per_relation: what PostgreSQL derives from its own value of the former; a lower one would refuse more serializable transactions.
#   huge_pages: nothing to win at these sizes, and the kernel hands them out in pieces of 2 MB.
program=$1
shift
set -- "$program" -c listen_addresses='*' -c unix_socket_directories=/run/postgresql -c io_method=sync -c io_max_concurrency=1 \
  -c max_wal_senders=0 -c max_logical_replication_workers=0 -c autovacuum_worker_slots=3 \
  -c max_pred_locks_per_transaction=32 -c max_pred_locks_per_relation=32 -c huge_pages=off \
  -c archive_mode=on "$@"

check_volume
check_cluster
# A second socket for the tenant's connection pool, which is another container. What a server left there that was killed would keep this one from
# starting: its lock names a process that this container may have as well.
pooler=/var/lib/pooler/socket
if mountpoint -q /var/lib/pooler; then
  rm -f "$pooler/.s.PGSQL.5432" "$pooler/.s.PGSQL.5432.lock"
  cp /etc/pgtenants/pooler_hba.conf /run/postgresql/
  set -- "$@" -c unix_socket_directories="/run/postgresql,$pooler"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then make_cluster; fi
# Whatever becomes of it, the cluster that is there then is whole.
if [ -e /var/lib/postgresql/backup/swap ]; then
  "${0%/*}/swap.sh" "$@" || echo "pgtenants: the swap of clusters did not come to its end; the next start tries again" >&2
fi
# Left by a server that was killed. The guard could now have the pid in it, and the server would take it for another server and not start.
rm -f "$PGDATA/postmaster.pid"
if [ ! -e "$marker" ]; then take_over "$@"; fi

: >/run/postgresql/reject.conf
# Forked twice, so that the container's init is its parent: of a child that it does not know and that crashes, the server ends all sessions.
(/usr/local/lib/pgtenants/guard.sh 9<&- &)
(/usr/local/lib/pgtenants/schedule.sh 9<&- &)
exec "$@" -c hba_file=/etc/pgtenants/pg_hba.conf -c ident_file=/etc/pgtenants/pg_ident.conf
