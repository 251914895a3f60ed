#!/bin/sh
# Makes the cluster that every new tenant's is a copy of, in the folder $1; run once, when the image is built. It holds nobody's data and
# no password. See own-identity.pl for what must not be the same in two copies.
set -eu
# The builtin provider keeps sort order, and so every index, independent of the C library of the base image.
initdb --pgdata="$1" --username=pgtenants --encoding=UTF8 \
  --locale=C.UTF-8 --locale-provider=builtin --builtin-locale=C.UTF-8 \
  --auth-local=peer --auth-host=scram-sha-256 --data-checksums --no-sync --no-instructions
# These come with the command line; other values in the file would be an error in the log at each reload.
sed -i -E '/^(max_connections|shared_buffers|autovacuum_worker_slots) = /d' "$1/postgresql.conf"
: >"$1/pgtenants.superuser"
# What autovacuum would find to do in every new tenant's catalogs, each for itself, is done here once: it would leave their pages in shared buffers.
pg_ctl --pgdata="$1" --wait --silent --options="-c listen_addresses='' -c unix_socket_directories=/tmp -c autovacuum=off \
  -c hba_file=/etc/pgtenants/pg_hba.conf -c ident_file=/etc/pgtenants/pg_ident.conf" start
vacuumdb --host=/tmp --all --freeze --analyze --quiet
# What the analysis wrote.
vacuumdb --host=/tmp --all --freeze --quiet --table=pg_catalog.pg_statistic
pg_ctl --pgdata="$1" --wait --silent stop
# It says which cluster it is of. A copy gets a log of its own.
rm "$1"/pg_wal/0*
# So that a PostgreSQL whose control file this does not know ends the image's build.
cp -a "$1" /tmp/trial
"${0%/*}/own-identity.pl" /tmp/trial
rm -r /tmp/trial
