#!/bin/sh
# Writes standard input to the file $1 below /var/lib/traefik: beside it, then renamed, so that Traefik never reads half a file.
set -eu
umask 077
target="/var/lib/traefik/$1"
part="$(dirname "$target")/.$(basename "$target").part"
cat >"$part"
mv "$part" "$target"
