# shellcheck shell=sh disable=SC2034 # read by the scripts that source this one
# What the scripts that run pools share.

# The pools that there are to be, NAME.ini each: in the volume, so that they come back with the container.
config=/var/lib/pooler/config
# In memory. PgBouncer's consoles have their sockets here as well.
run=/run/pooler
# A folder for each pool's process: run, down-signal and timeout-kill, which s6 reads, pool.ini, which PgBouncer reads, and applied.ini, which is
# what it has read.
services=$run/services
# Links to those that s6 is to keep running.
scan=$run/scan

make_service() {
  mkdir -p "$services/$1"
  # A link, because nothing in a folder in memory may be run.
  ln -sf "${0%/*}/run-pool.sh" "$services/$1/run"
  # Transactions may come to their end, for 5 s.
  echo INT >"$services/$1/down-signal"
  echo 5000 >"$services/$1/timeout-kill"
}
