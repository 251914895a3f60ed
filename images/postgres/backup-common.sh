# shellcheck shell=sh disable=SC2034 # read by the scripts that source this one
# What the scripts that make backups share.

stanza=tenant
# In the volume beside the cluster: not part of what is backed up, and there when the engine starts the container by itself.
folder=/var/lib/postgresql/backup
config=$folder/pgbackrest.conf
# ENABLED, FULL, INCREMENTAL, ZONE, a line each; written by apply.sh.
schedule=$folder/schedule
# Held while a backup is made.
backup_lock=/tmp/backup.lock
# JSON: what became of the last attempt.
attempt=$folder/attempt.json

# JSON: what became of the last drill, and of the last restore in place.
drill=$folder/drill.json
in_place=$folder/in-place.json
# The SQL of the last deployment, which brings a cluster of the past up to what is deployed.
applied=$folder/applied.sql
# The same for the tenants of an instance.
applied_shared=$folder/applied-shared.sql
# Asks the next start of the container to swap clusters, on one line; see swap.sh.
swap_request=$folder/swap
# There where another cluster was put in the live one's place, which the repository is to be told.
moved=$folder/moved
# Beside the live cluster, on the same file system: the one that is being restored, and those that were replaced.
next_cluster=$PGDATA.next
replaced_cluster=$PGDATA.before-

# Where the repository is; one with another key has another folder.
repository() { sed -n 's/^repo1-path=//p' "$config"; }
pgbackrest_here() { pgbackrest --config="$config" --stanza="$stanza" "$@"; }

# Another cluster is another database for pgBackRest: its log goes into a folder of its own, and what there is stays what it is. Says nothing
# where that is known already.
note_moved_cluster() {
  if [ ! -e "$moved" ]; then return; fi
  pgbackrest_here stanza-upgrade --no-online && rm -f "$moved"
}

# What tells a cluster from every other one.
identifier() { pg_controldata "$1" | sed -n 's/^Database system identifier: *//p'; }
