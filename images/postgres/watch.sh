#!/bin/sh
# The watchdog: holds sessions to the limits of pgtenants.limits, whatever they have set for themselves. It looks after a tenth of the shortest
# limit, a second at least and a minute at most, and only while some session does something. Where a statement, or a wait for a lock, has gone on
# for too long, it is cancelled, and at the next look its session is ended; a session that idles in a transaction is ended at once.
#
# The disk guard starts it at each of its looks, a minute apart at most, and so does a deployment: it ends where the next look is that far away, as
# a shell that waits is memory that every idle tenant would pay for. What ends it before is made good by the next start.
set -u
# shellcheck source-path=SCRIPTDIR source=session.sh
. "${0%/*}/session.sh"
lock=/run/postgresql/watch.lock
# Written by a deployment, which may have changed the limits.
changed=/run/postgresql/limits-changed
# After how many seconds to look again, as of the last look.
known=/run/postgresql/watch

exec 8>"$lock"
flock --nonblock 8 || exit 0

say() { echo "pgtenants: limit $*" >&2; }

look() {
  PGOPTIONS="$PGOPTIONS -c statement_timeout=5s" timeout 10 \
    psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --set=warned="$warned" --file="${0%/*}/watch.sql" 2>&1 8>&-
}

# Whether there may be a session that does something: by the titles of the server's processes, because a look by SQL costs more, and most tenants
# idle. Only the superuser could turn titles off. What cannot be told counts as one.
busy() {
  before=$lasting lasting='' children=
  # Ends without a newline, which is a failure of read's.
  { read -r server <"$PGDATA/postmaster.pid" && read -r children <"/proc/$server/task/$server/children"; } 2>/dev/null
  if [ -z "$children" ]; then return 0; fi
  for child in $children; do
    case $before in
      *" $child "*)
        lasting="$lasting $child "
        continue
        ;;
    esac
    title=
    read -r title 2>/dev/null <"/proc/$child/cmdline"
    case $title in
      *': checkpointer' | *': background writer' | *': walwriter' | *': archiver' | *': autovacuum launcher') lasting="$lasting $child " ;;
      # A role, and its database, may have names of these: what follows in the title of a session is an address.
      *': autovacuum worker '*[[\(]*) return 0 ;;
      *' idle' | *': archiver last was '* | *': archiver failed on '* | *': archiver archiving '[0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F][0-9A-F]* | *': autovacuum worker'* | '') ;;
      *) return 0 ;;
    esac
  done
  return 1
}

take() {
  warned=
  while read -r word rest; do
    case $word in
      said) say "$rest" ;;
      warned) warned=$rest ;;
      next) interval=$rest ;;
    esac
  done <<END
$1
END
}

# Sleeps until the next look, and returns early where a deployment may have changed the limits.
rest() {
  left=$interval
  while [ "$left" -gt 0 ]; do
    if [ "$left" -gt 5 ]; then sleep 5 8>&-; else sleep "$left" 8>&-; fi
    left=$((left - 5))
    # shellcheck disable=SC3013 # dash has it
    if [ "$changed" -nt "$known" ]; then return; fi
  done
}

interval='' warned='' failing=no lasting=
# Left by the one before, for as long as the container runs.
if [ -r "$known" ]; then read -r interval <"$known"; fi
while :; do
  # shellcheck disable=SC3013 # dash has it
  if [ -z "$interval" ] || [ "$changed" -nt "$known" ] || { [ "$interval" != none ] && busy; }; then
    began=$(date +%s)
    if said=$(look); then
      failing=no
      take "$said"
      echo "$interval" >"$known"
      # As of before the look: what a deployment changes meanwhile is looked at.
      touch --date="@$began" "$known"
    elif [ "$failing" = no ] && [ -n "$interval" ]; then
      failing=yes
      say "could not look: $(echo "$said" | tail --lines=1)"
    fi
  fi
  case $interval,$warned in
    ,* | none,* | 60,) exit 0 ;;
  esac
  rest
done
