#!/bin/sh
# Runs the pools that there are to be, for as long as the container runs. Which those are is said by apply-pools.sh.
set -eu
umask 077
# shellcheck source-path=SCRIPTDIR source=pools-common.sh
. "${0%/*}/pools-common.sh"
mountpoint -q /var/lib/pooler || {
  echo "pgtenants: no volume is mounted at /var/lib/pooler; the pools would not reach the server" >&2
  exit 78
}
mkdir -p "$services" "$scan"
for file in "$config"/*.ini; do
  if [ ! -e "$file" ]; then continue; fi
  name=${file##*/}
  name=${name%.ini}
  make_service "$name"
  ln -s "$services/$name" "$scan/$name"
done
# No pool has such a name.
mkdir "$run/watch"
ln -s "${0%/*}/watch-server.pl" "$run/watch/run"
ln -s "$run/watch" "$scan/watch_server"
exec s6-svscan -C 2000 "$scan"
