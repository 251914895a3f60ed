#!/bin/sh
# A restore in place: a second cluster is made beside the live one, in the same volume, and changes places with it when the container starts.
#   in-place.sh ready BYTES          refuses where one cannot begin; BYTES is what the second cluster takes
#   in-place.sh fill TYPE [TARGET]   makes it, as restore.sh does; for a container of its own, while the server runs
#   in-place.sh ask WHAT [CLUSTER]   asks the next start to swap with that cluster, by default the one that was filled; WHAT is for who asks later.
#                                    "latest" as CLUSTER: the start fills it first, so that it has all that the stopped server wrote
#   in-place.sh look                 one line of JSON: the clusters, and what became of the last swap
#   in-place.sh settle               tells the repository, and makes the full backup that the new cluster has none of
#   in-place.sh accept               deletes what the last swap replaced
#   in-place.sh clean                deletes what an interrupted fill left
set -eu
# shellcheck source-path=SCRIPTDIR source=backup-common.sh
. "${0%/*}/backup-common.sh"
# Longer than a server may take to stop. One that was asked for and then forgotten must not come into force weeks later.
valid_seconds=300

refuse() { printf 'pgtenants: %s\n' "$@" >&2; exit 78; }
replaced() { find "${PGDATA%/*}" -maxdepth 1 -path "$replaced_cluster*"; }
asked() { [ -e "$swap_request" ] && read -r expires _ <"$swap_request" && [ "$expires" -gt "$(date +%s)" ]; }
# Of the cluster that is live now, which is the newest that pgBackRest knows.
has_full() {
  pgbackrest_here --output=json info | perl -MJSON::PP -e '
    my ($stanza) = @{ decode_json(join "", <STDIN>) };
    my ($live) = sort { $b <=> $a } map { $_->{id} } @{ $stanza->{db} };
    exit !grep { $_->{database}{id} == $live && $_->{type} eq "full" } @{ $stanza->{backup} }'
}
# One fill at a time, also between containers.
alone() {
  mkdir -p "$folder"
  exec 8>"$folder/in-place.lock"
  flock --nonblock 8 || refuse "a restore in place of this tenant is being made"
}

case $1 in
  ready)
    if [ ! -s "$config" ]; then refuse "this tenant has no backups: backup.enabled is false, or it was never deployed with them"; fi
    if [ ! -s "$applied" ]; then refuse "the last deployment is not known here: deploy once, with pgt start"; fi
    if [ -n "$(replaced)" ]; then refuse "a cluster that was replaced before is still kept: accept or undo that restore first"; fi
    if asked; then refuse "a swap of clusters is under way"; fi
    (alone)
    exec "${0%/*}/room.sh" "$2"
    ;;
  fill)
    shift
    alone
    rm -rf "$next_cluster" "$next_cluster.partial"
    PGDATA=$next_cluster "${0%/*}/restore.sh" "$@" <"$config" >&2
    ;;
  ask)
    what=$2 cluster=${3:-$next_cluster}
    if [ "$cluster" = latest ]; then
      cluster=$next_cluster want=latest
      rm -rf "$next_cluster" "$next_cluster.partial"
    else
      want=$(identifier "$cluster")
    fi
    umask 077
    echo "$(($(date +%s) + valid_seconds)) $cluster $replaced_cluster$(date -u +%Y%m%dT%H%M%SZ) ${want:?"there is no cluster in $cluster"} $what" >"$swap_request.new"
    mv "$swap_request.new" "$swap_request"
    sync -f "$swap_request"
    ;;
  look)
    last=null
    if [ -s "$in_place" ]; then last=$(cat "$in_place"); fi
    other=$(replaced | sort | tail -n 1)
    if [ -e "$swap_request" ]; then under_way=true; else under_way=false; fi
    if pg_isready --quiet; then answers=true; else answers=false; fi
    printf '{"answers":%s,"underWay":%s,"replaced":"%s","last":%s}\n' "$answers" "$under_way" "$other" "$last"
    ;;
  settle)
    note_moved_cluster
    if [ "$(head -n 1 "$schedule")" != yes ]; then
      echo "pgtenants: backups are off; what happens from now on cannot be brought back" >&2
      exit 0
    fi
    until has_full; do
      code=0
      "${0%/*}/backup.sh" full || code=$?
      # The scheduler was first.
      if [ "$code" = 75 ]; then sleep 2; elif [ "$code" -ne 0 ]; then exit "$code"; fi
    done
    ;;
  accept)
    if asked; then refuse "a swap of clusters is under way"; fi
    replaced | while IFS= read -r cluster; do rm -rf "$cluster"; done
    rm -rf "$next_cluster" "$next_cluster.partial" "$in_place"
    ;;
  clean)
    alone
    if asked; then refuse "a swap of clusters is under way"; fi
    rm -rf "$next_cluster" "$next_cluster.partial"
    ;;
  *) refuse "got \"$1\", expected ready, fill, ask, look, settle, accept or clean" ;;
esac
