#!/bin/sh
# schedule.sh [TICK]: makes the tenant's backups when they are due, as long as the container runs. It looks every TICK seconds, by default 60,
# whether it has been told another schedule. A backup that fails is tried again after five ticks, then after ten, and so on, sixty at most.
# Must outlive every failure.
set -u
trap 'exec perl -e "sleep 60; exec @ARGV" "$0" "$tick"' EXIT
# shellcheck source-path=SCRIPTDIR source=backup-common.sh
. "${0%/*}/backup-common.sh"

tick=${1:-60}
first_wait=$((5 * tick))
longest_wait=$((60 * tick))
wait=$first_wait
seen=/tmp/schedule.seen
started=$(date +%s)

# Sleeps, and returns early where a deployment has written another schedule. Looks by the shell's own means: this runs beside every tenant.
rest() {
  left=$1
  : >"$seen"
  while [ "$left" -gt 0 ]; do
    if [ "$left" -gt "$tick" ]; then sleep "$tick"; else sleep "$left"; fi
    left=$((left - tick))
    # shellcheck disable=SC3013 # dash has it
    if [ "$schedule" -nt "$seen" ]; then return; fi
  done
}

# How many WAL segments the repository has.
segments() { set -- "$(repository)/archive/$stanza"/*/*/*-*; if [ -e "$1" ]; then echo $#; else echo 0; fi; }

next_backup() {
  { tail -n +2 "$schedule" && pgbackrest_here --output=json info; } |
    "${0%/*}/next-backup.pl" "$(uname -n)" "$(stat -c %Y "$config")" "$started" "$(segments)"
}

sleep $((tick / 2))
while :; do
  enabled=no
  if [ -r "$schedule" ]; then read -r enabled <"$schedule"; fi
  if [ "$enabled" != yes ]; then
    rest 3600
    continue
  fi
  note_moved_cluster
  next=$(next_backup) || next="none $first_wait"
  seconds=${next#* }
  if [ "$seconds" -gt 3600 ]; then
    # The clock may be set meanwhile.
    rest 3600
  elif [ "$seconds" -gt 0 ]; then
    rest "$seconds"
  elif "${0%/*}/backup.sh" "${next% *}"; then
    wait=$first_wait
  else
    rest "$wait"
    wait=$((wait * 2))
    if [ "$wait" -gt "$longest_wait" ]; then wait=$longest_wait; fi
  fi
done
