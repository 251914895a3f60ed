#!/bin/sh
# Waits until the router itself listens on port $1, for $2 seconds at most. Another program's listener on that port does not count.
set -eu

# Columns of /proc/net/tcp: 2 is the local address, 4 the state (0A: listening), 10 the socket's inode.
port=$(printf '%04X' "$1")
deadline=$(($(date +%s) + $2))
while :; do
  for inode in $(awk -v port=":$port\$" '$4 == "0A" && $2 ~ port { print $10 }' /proc/net/tcp /proc/net/tcp6); do
    if ls -l /proc/1/fd | grep -q "socket:\[$inode\]"; then exit 0; fi
  done
  if [ "$(date +%s)" -ge "$deadline" ]; then
    echo "pgtenants: the router does not listen on port $1 after $2 s" >&2
    exit 75
  fi
  sleep 0.1
done
