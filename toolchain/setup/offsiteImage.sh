# shellcheck shell=bash
# The image of the off-site copies: only where a stack of this checkout has the setting, and for tests.

wants_offsite() { [ "$COMMAND" = test ] || grep -qsE '^ *([a-z0-9-]+:)?offsite:' Pulumi.*.yaml; }

# Its base where no image registry is reachable: Debian packages of the release that the official image's name says.
base_offsite_from_packages() {
  local suite=${BASE#debian:} packages=rclone,ca-certificates
  suite=${suite%-slim}
  BASE="localhost/pgtenants/base-offsite:$suite-$(base_hash "$packages")"
  if have_image "$BASE"; then return 0; fi
  say "image $BASE: no registry reachable, making it from Debian packages, about 20 s"
  DEBIAN_SUITE=$suite make_base base-offsite "$BASE" --variant=essential --include="$packages"
}
