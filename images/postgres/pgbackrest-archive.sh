#!/bin/sh
# The server's archive_command: pgbackrest-archive.sh SEGMENT puts a finished WAL segment into the tenant's repository, which it makes where
# there is none yet. As long as it fails the server keeps the segment and asks again.
set -eu
# shellcheck source-path=SCRIPTDIR source=backup-common.sh
. "${0%/*}/backup-common.sh"
if [ ! -e "$(repository)/archive/$stanza/archive.info" ]; then pgbackrest_here stanza-create --no-online; fi
note_moved_cluster
pgbackrest_here archive-push "$1"
