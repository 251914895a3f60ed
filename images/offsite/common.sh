# shellcheck shell=sh disable=SC2034 # read by the scripts that source this one
# What the scripts that copy share.

home=${OFFSITE_HOME:-/var/lib/offsite}
# The remote `offsite:` in it is the folder of this stack in the store.
export RCLONE_CONFIG="$home/rclone.conf"
# What waits for the next round, by its path in the store.
outbox=$home/outbox

# A store that shows a file only when all of it is there. Others get it beside its name first.
is_atomic() { grep -qx 'type = s3' "$RCLONE_CONFIG"; }

# last_words FILE: why something failed, in a line: rclone's first error, or the last that was said.
last_words() {
  awk '/^[0-9]+\/[0-9]+\/[0-9]+ / { if (said ~ /ERROR/) exit; said = "" } { said = said " " $0 } END { print said }' "$1" |
    sed -e 's|^ *||' -e 's|^[0-9/]* [0-9:]* ||' -e 's|^ERROR *: [^:]*: ||' -e 's|[[:space:]]*status code: .*||' | tr -c '[:print:]\n' ' ' | cut -c 1-400
}

# keep FILE LINE...: writes a small file, whole or not at all.
keep() {
  target=$1
  shift
  printf '%s\n' "$@" >"$target.new"
  mv "$target.new" "$target"
}

# deliver FOLDER PATH [OPTION...]: what is below a folder of links goes to a path in the store; what is there under a name already stays as it is.
deliver() {
  from=$1 to=$2
  shift 2
  if is_atomic; then
    rclone copy --copy-links --no-traverse --ignore-existing "$@" "$from" "offsite:$to"
  else
    part=part/$to
    rclone purge "offsite:$part" 2>/dev/null
    rclone copy --copy-links "$@" "$from" "offsite:$part" &&
      rclone move --ignore-existing --no-traverse "offsite:$part" "offsite:$to"
  fi
}
