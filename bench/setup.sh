#!/usr/bin/env bash
# Builds the image of the routers that Traefik is compared with, the way set-up builds the others, and prints its tag.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../toolchain/setup"
for file in lib versions platform engine baseImages images; do
  # shellcheck source=/dev/null # each is checked on its own
  source "./$file.sh"
done
cd "$PROJECT"
clean_up_at_exit

PEER_PACKAGES=haproxy,pgbouncer,docker-compose,ca-certificates

base_peers_from_packages() {
  BASE="localhost/pgtenants/base-peers:$DEBIAN_SUITE-$(base_hash "$PEER_PACKAGES")"
  if have_image "$BASE"; then return 0; fi
  say "image $BASE: making it from Debian packages, about 30 s"
  make_base base-peers "$BASE" --variant=minbase --include="$PEER_PACKAGES"
}

tag="localhost/pgtenants/peers:$DEBIAN_SUITE-$(hash_of bench/peers bench/setup.sh)"
if ! have_image "$tag"; then
  # What is said is not the answer.
  build_image peers "$tag" "docker.io/library/debian:$DEBIAN_SUITE-slim" bench/peers >&2
fi
printf '%s\n' "$tag"
