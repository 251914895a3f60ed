#!/bin/sh
# mask.sh CLUSTER SCHEMA_ONLY [NAME]: takes what a copy must not hold out of the cluster in the folder CLUSTER, which nothing runs on: every row
# where SCHEMA_ONLY is yes, and what the SQL on standard input says where there is a NAME, the file's for messages. That runs as the owner of
# the tenant's database, in one transaction. After it no file of the cluster holds what was there before, except its log: see own-identity.pl.
set -eu
# shellcheck source-path=SCRIPTDIR source=import-common.sh
. "${0%/*}/import-common.sh"
# shellcheck source-path=SCRIPTDIR source=session.sh
. "${0%/*}/session.sh"
cluster=$1 schema_only=$2 name=${3:-}
log=/tmp/mask.log

sql() { psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "$@"; }
as_superuser() { sql --set=owner="$owner" --set=database="$database" "$@"; }
# Who may not set all that the superuser sets.
as_owner() { PGOPTIONS= sql --username="$owner" --dbname="$database" --single-transaction "$@" 2>"$log"; }

# Whoever owned the copied database may have left code in it: it must not run as the superuser, so everything that fires it comes in as the
# owner, through a door of its own. Nothing else is in this container.
echo 'local all all trust' >/tmp/mask_hba.conf
pg_ctl --pgdata="$cluster" --silent --wait --log=/tmp/mask-server.log --options="-c listen_addresses= -c unix_socket_directories=/run/postgresql \
  -c hba_file=/tmp/mask_hba.conf -c archive_mode=off -c max_wal_senders=0 -c ssl=off -c io_method=sync -c fsync=off -c full_page_writes=off \
  -c autovacuum=off -c max_parallel_workers=0 -c max_parallel_maintenance_workers=0 -c statement_timeout=0 \
  -c idle_in_transaction_session_timeout=0 -c default_transaction_read_only=off -c temp_file_limit=-1 -c log_min_error_statement=panic" start >/dev/null ||
  refuse "the copied cluster does not start: $(tail -n 5 /tmp/mask-server.log)"

# Rows of a database that nobody masked must not get out: hence exactly one.
found=$(sql --command="
  SELECT rolname || ' ' || datname FROM pg_database JOIN pg_roles ON pg_roles.oid = datdba
   WHERE shobj_description(pg_roles.oid, 'pg_authid') = 'pgtenants: owner'")
if [ "$(printf '%s' "$found" | grep -c .)" -ne 1 ]; then
  refuse "got these owners and databases: \"$(echo "$found" | tr '\n' ' ')\", expected one: copy the tenant as it is, and mask it there"
fi
owner=${found% *} database=${found#* }
as_superuser <<'SQL'
ALTER ROLE :"owner" LOGIN CONNECTION LIMIT -1;
SQL
# A copy of a tenant that is read-only, or whose definitions stay as they are: it is opened here, and its own limits are set when it is deployed.
closed=$(as_superuser --dbname="$database" --command="SELECT count(*) FROM pg_namespace WHERE nspname = 'pgtenants' AND nspowner = 10")
if [ "$closed" = 1 ]; then
  as_superuser --dbname="$database" --command='CALL pgtenants.thaw()'
fi

if [ "$schema_only" = yes ]; then
  # Triggers of the tenant's would see the rows go, and could write them elsewhere.
  as_superuser <<'SQL'
ALTER ROLE :"owner" IN DATABASE :"database" SET session_replication_role = replica;
SQL
  as_owner --file="${0%/*}/mask-rows.sql" >/dev/null || refuse "the rows could not be taken out:" "$(first_errors "$log")"
  as_superuser <<'SQL'
ALTER ROLE :"owner" IN DATABASE :"database" RESET session_replication_role;
SQL
  left=$(as_superuser --dbname="$database" --file="${0%/*}/superuser-count.sql" | grep -v ', 0\]$' || true)
  if [ -n "$left" ]; then refuse "there are rows left, in schema, table and number:" "$left"; fi
fi

if [ -n "$name" ]; then
  as_owner --file=- >/dev/null || refuse "$name could not be applied:" \
    "$(first_errors "$log" | perl -pe 'BEGIN { $name = shift } s/^psql:<stdin>:/$name:/' "$name")"
fi

# Old versions of rows, samples in statistics (those of a table that is empty now would stay), and large objects.
for each in $(sql --command='SELECT datname FROM pg_database WHERE datallowconn'); do
  as_superuser --dbname="$each" --command='DELETE FROM pg_statistic; DELETE FROM pg_statistic_ext_data'
done
vacuumdb --all --full --quiet 2>"$log" || refuse "the tables could not be written anew:" "$(first_errors "$log")"
vacuumdb --all --analyze-only --quiet 2>"$log" || refuse "ANALYZE failed:" "$(first_errors "$log")"

# Files of tables that were being made at the moment that was brought back: no table leads to them.
as_superuser --command=CHECKPOINT
for each in $(sql --command='SELECT datname FROM pg_database WHERE datallowconn'); do
  as_superuser --dbname="$each" <<'SQL'
SELECT format('base/%s/%s', database.oid, name)
  FROM pg_database AS database, pg_ls_dir(format('base/%s', database.oid)) AS name
 WHERE datname = current_database() AND name ~ '^[0-9]+'
   AND substring(name FROM '^[0-9]+')::oid NOT IN (SELECT pg_relation_filenode(oid) FROM pg_class WHERE pg_relation_filenode(oid) IS NOT NULL)
SQL
done >/tmp/orphans
pg_ctl --pgdata="$cluster" --mode=fast --silent stop
while IFS= read -r file; do rm -f "$cluster/$file"; done </tmp/orphans
# Among them the texts of statements, where an extension keeps some.
rm -f "$cluster/pg_stat/"* "$cluster/postmaster.opts"
