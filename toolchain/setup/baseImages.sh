# shellcheck shell=bash disable=SC2016 # $1 in a hook is for mmdebstrap, $(ORIGIN) for apt
# Bases for the two images where no image registry is reachable: Debian packages, and Traefik built from Go modules.

base_postgres_from_packages() {
  # The official image's name stands in the hash, so that another minor version gets packages of its own day.
  BASE="localhost/pgtenants/base-postgres:$DEBIAN_SUITE-$(base_hash "$BASE $POSTGRES_PACKAGES")"
  if have_image "$BASE"; then return 0; fi
  say "image $BASE: no registry reachable, making it from Debian packages, about 30 s"
  # The server's user has the official image's id, or a volume made on one base would be unreadable on the other.
  # No cluster at installation: its files would be copied into every tenant's new volume. No key that all machines would share.
  make_base base-postgres "$BASE" --variant=minbase --include="$POSTGRES_PACKAGES" \
    --essential-hook='echo "postgres:x:999:" >>"$1/etc/group"' \
    --essential-hook='echo "postgres:x:999:999::/var/lib/postgresql:/bin/bash" >>"$1/etc/passwd"' \
    --essential-hook='mkdir "$1/etc/postgresql-common" && echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.conf"' \
    --customize-hook='rm -f "$1/etc/ssl/private/ssl-cert-snakeoil.key" "$1/etc/ssl/certs/ssl-cert-snakeoil.pem"'
}

base_traefik_from_packages() {
  local binary
  binary="$PGTENANTS_CACHE/traefik-$(hash_of toolchain/traefik)"
  BASE="localhost/pgtenants/base-traefik:$DEBIAN_SUITE-$(base_hash "${binary##*/}")"
  if have_image "$BASE"; then return 0; fi
  need_root_for_base
  if [ ! -x "$binary/traefik" ]; then
    say "Traefik: no registry reachable, building from Go modules, 4 to 8 minutes"
    build_go traefik traefik "$binary" github.com/traefik/traefik/v3/cmd/traefik
  fi
  say "image $BASE: making it from Debian packages, about 15 s"
  make_base base-traefik "$BASE" --variant=essential --include=ca-certificates \
    --customize-hook="copy-in '$binary/traefik' /usr/local/bin"
}

# base_hash CONTENT: what a base's tag stands for: its content and the way it is made.
base_hash() { { printf '%s\n' "$1"; cat toolchain/setup/baseImages.sh; } | sha256 | cut -c 1-12; }

need_root_for_base() {
  can_apt || fail "the images cannot be pulled here, and only root on Debian or Ubuntu can make them from packages" \
    "allow the Docker engine to reach its registry, or run this once as root"
}

# make_base NAME TAG MMDEBSTRAP_OPTION...
make_base() {
  local name=$1 tag=$2 mirror archive
  shift 2
  need_root_for_base
  logged "$name" 600 apt_install mmdebstrap debian-archive-keyring || fail_logged "$name" "mmdebstrap could not be installed"
  mirror=$(debian_mirror)
  [ -n "$mirror" ] || fail "no Debian archive is among this machine's package sources" "allow the Docker engine to reach its registry"
  archive="$(work_folder)/base.tar"
  # The mirror of a closed network may be behind, so its date is not checked; its signature is.
  logged "$name" 900 mmdebstrap --mode=root --format=tar --aptopt='Acquire::Check-Valid-Until "false"' \
    --keyring=/usr/share/keyrings/debian-archive-keyring.gpg "$@" "$DEBIAN_SUITE" "$archive" "$mirror" ||
    fail_logged "$name" "the base image could not be made from Debian packages"
  logged "$name-import" 300 docker import "$archive" "$tag" ||
    fail_logged "$name-import" "the Docker engine did not take the base image"
}

# The Debian archive that this machine itself installs from, whatever mirror that is.
debian_mirror() {
  apt-get indextargets --format '$(ORIGIN)|$(CODENAME)|$(REPO_URI)' 2>/dev/null |
    awk -F'|' '$1 == "Debian" && $2 !~ /-/ { print $3; exit }'
}
