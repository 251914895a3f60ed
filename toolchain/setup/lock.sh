# shellcheck shell=bash
# One set-up at a time for each state folder. The kernel lets go of the lock when its holder ends, however it ends.

take_lock() {
  local lock="$PGTENANTS_STATE/setup.lock"
  exec 9>>"$lock"
  # By perl because macOS has no `flock`; the lock belongs to the open file, so it stays when perl has ended.
  perl -MFcntl=:flock -e 'open my $file, ">&=", 9 or exit 1; exit !flock $file, LOCK_EX | LOCK_NB' ||
    fail "another set-up is running for $PGTENANTS_STATE (process $(cat "$lock"))" "wait until it has ended, then run this again"
  printf '%s\n' "$$" >"$lock"
}
