#!/bin/sh
# try.sh SECONDS ARGUMENT...: whether a router with these arguments would listen. Starts one, looks for its listener for SECONDS at most, and
# takes it along when it ends. Where Traefik ends by itself its log, on standard error, says why.
set -eu
deadline=$(($(date +%s) + $1))
shift
/usr/local/bin/traefik "$@" >&2 &
router=$!

# Columns of /proc/net/tcp: 4 is the state (0A: listening), 10 the socket's inode. Without the first line, no listener at all would be a
# pattern that fits everything.
listeners() { awk 'BEGIN { print "no socket" } $4 == "0A" { print "socket:[" $10 "]" }' /proc/net/tcp /proc/net/tcp6; }

while kill -0 "$router" 2>/dev/null; do
  if ls -l "/proc/$router/fd" | grep -qF "$(listeners)"; then exit 0; fi
  if [ "$(date +%s)" -ge "$deadline" ]; then
    echo "pgtenants: the router does not listen" >&2
    exit 75
  fi
  sleep 0.1
done
exit 69
