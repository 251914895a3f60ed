#!/bin/sh
# fetch.sh state | keys | repository TENANT: brings something back from the store: prints the newest state or sealed keys, or fills /repository
# with a tenant's. For a container of its own; the store's configuration comes on standard input, as for write-config.sh.
set -eu
umask 077
export OFFSITE_HOME=/tmp
"${0%/*}/write-config.sh"
. "${0%/*}/common.sh"
case $1 in
  state | keys)
    rclone lsf --files-only "offsite:$1" >/tmp/names
    # Their names are their times.
    newest=$(LC_ALL=C sort /tmp/names | tail -n 1)
    if [ -z "$newest" ]; then
      echo "pgtenants: the store has no $1 of this stack" >&2
      exit 66
    fi
    rclone cat "offsite:$1/$newest"
    ;;
  repository)
    rclone copy "offsite:tenants/$2" /repository
    if [ -z "$(ls -A /repository)" ]; then
      echo "pgtenants: the store has no backups of $2" >&2
      exit 66
    fi
    ;;
  *)
    echo "pgtenants: fetch of \"$1\", expected state, keys or repository" >&2
    exit 64
    ;;
esac
