#!/bin/sh
# Writes standard input to the file $1 below /var/lib/traefik: beside it, then renamed, so that Traefik never reads half a file.
# Once the routes are written, certificates that they no longer name go: a superseded private key has no business here.
set -eu
umask 077
target="/var/lib/traefik/$1"
part="$(dirname "$target")/.$(basename "$target").part"
cat >"$part"
mv "$part" "$target"

if [ "$1" = routes/dynamic.yml ]; then
  for certificate in /var/lib/traefik/certificates/*.pem; do
    if [ -e "$certificate" ] && ! grep -qF "$certificate" "$target"; then rm "$certificate"; fi
  done
fi
