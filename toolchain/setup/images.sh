# shellcheck shell=bash
# The images that run, built from images/ and tagged by a hash of it. components/images.ts computes the tags.

set_up_images() {
  local tags name tag official
  tags=$(node toolchain/setup/imageTags.ts) || fail "the images' tags could not be computed" "see the lines above"
  while read -r name tag official; do
    if [ "$name" = offsite ] && ! wants_offsite; then continue; fi
    if ! have_image "$tag"; then build_image "$name" "$tag" "$official" "images/$name"; fi
  done <<<"$tags"
}

have_image() { docker image inspect "$1" >/dev/null 2>&1; }

# build_image NAME TAG OFFICIAL_BASE FOLDER
build_image() {
  local name=$1 tag=$2
  base_image "$name" "$3"
  say "image $tag: building on $BASE, a few seconds"
  logged "image-$name" 600 env DOCKER_BUILDKIT="$(buildkit)" \
    docker build --tag "$tag" --build-arg "BASE=$BASE" "$4" ||
    fail_logged "image-$name" "the image $tag could not be built"
}

# BuildKit is a plugin of newer clients; Debian's and a bare one have only the classic builder.
buildkit() { if docker buildx version >/dev/null 2>&1; then echo 1; else echo 0; fi; }

# base_image NAME OFFICIAL: sets BASE to the official image, or to one made from packages.
base_image() {
  BASE=$2
  if have_image "$BASE" || pull_image "$BASE"; then return 0; fi
  "base_${1}_from_packages"
}

pull_image() {
  if [ "${PGTENANTS_OFFLINE:-0}" = 1 ]; then return 1; fi
  say "image $1: pulling, up to a minute"
  logged pull 600 docker pull --quiet "$1"
}

# PgBouncer is among the packages that the tenants' base is made of.
base_pooler_from_packages() { base_postgres_from_packages; }
