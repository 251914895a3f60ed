#!/bin/sh
# Prints what a tenant uses, one key=value a line:
#   memory_mib   memory of the container without the page cache of files, which the kernel takes back when it is short
#   disk_mib     what the volume holds
#   connections  sessions of clients; not the superuser's
#   disk_tier    what the disk guard found last: ok, warning, read-only, ending, full; unknown before its first look
# All but connections is printed also where the server does not answer; then it fails.
set -eu
# shellcheck source-path=SCRIPTDIR source=disk.sh
. "${0%/*}/disk.sh"

if [ -e /sys/fs/cgroup/memory.current ]; then
  cgroup=/sys/fs/cgroup prefix='' total=memory.current
else
  cgroup=/sys/fs/cgroup/memory prefix=total_ total=memory.usage_in_bytes
fi
memory=$(cat "$cgroup/$total")
while read -r key value; do
  case $key in
    "${prefix}active_file" | "${prefix}inactive_file") memory=$((memory - value)) ;;
  esac
done <"$cgroup/memory.stat"

used=$(disk_used)
# Up to the next MiB: these are figures that a limit must not go below.
echo "memory_mib=$(((memory + 1048575) / 1048576))"
echo "disk_mib=$(((${used:?"the volume cannot be read"} + 1023) / 1024))"
if [ -e "$disk_state" ]; then sed -n 's/^tier=/disk_tier=/p' "$disk_state"; else echo disk_tier=unknown; fi
# shellcheck source-path=SCRIPTDIR source=session.sh
. "${0%/*}/session.sh"
# 10 is the superuser's oid.
connections=$(psql --no-psqlrc --tuples-only --no-align \
  --command="SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend' AND usesysid <> 10")
echo "connections=$connections"
