#!/bin/sh
# apply-pools.sh READY_SECONDS: makes the pools what standard input says, a line NAME BASE64-OF-INI for each, and a line "end" after the last.
# Starts those that are new, stops those that are gone, and leaves alone those that are the same. Another ini is taken over without ending a
# session; what PgBouncer takes over only when it starts, and another "; sessions" line, end that pool's. Ends when every pool listens, READY_SECONDS
# at most. May be killed at any point: what differs then is put right by the next one, or by the container's next start.
set -eu
umask 077
# shellcheck source-path=SCRIPTDIR source=pools-common.sh
. "${0%/*}/pools-common.sh"
exec 9>"$run/apply.lock"
flock 9

# A link that was made and not looked at yet: who made it was killed.
s6-svscanctl -a "$scan"
"${0%/*}/plan-pools.pl" write >"$run/plan"
while read -r what name; do
  service=$services/$name
  case $what in
    stop)
      # A name that is not linked any more was cut off here.
      if [ -e "$scan/$name" ] && ! s6-svunlink -t 10000 "$scan" "$name"; then
        rm -f "$scan/$name"
        s6-svscanctl -an "$scan"
      fi
      rm -rf "$service"
      ;;
    start) make_service "$name" && ln -s "$service" "$scan/$name" ;;
    reload)
      cp "$config/$name.ini" "$service/pool.ini"
      s6-svc -h "$service"
      cp "$config/$name.ini" "$service/applied.ini"
      ;;
    restart) s6-svc -s QUIT "$service" ;;
  esac
done <"$run/plan"
# Once for all that are new.
s6-svscanctl -a "$scan"
"${0%/*}/plan-pools.pl" wait "$1"
