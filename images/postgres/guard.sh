#!/bin/sh
# The disk guard: keeps a tenant from filling its disk, or the disk of all tenants. Looks at what the volume holds against the quota
# (disk-limit; without it there is none) and at what is free in its file system, and does by tier:
#   warning    a line in the log
#   read-only  new transactions cannot write unless they say READ WRITE; sessions that write are ended once
#   ending     as read-only, and sessions that write are ended at each look
#   full       nobody logs in over TCP, all sessions are ended; only for the tenant's own quota
# A nearly full file system makes every tenant on it read-only, or ending. The thresholds are in disk.sh.
#
# Must outlive every failure: what failed is tried again at the next look, and a shell that cannot go on (no process left to fork, no
# memory) becomes a new one, by programs that replace it.
set -u
trap 'exec perl -e "sleep 5; exec @ARGV" "$0"' EXIT
# shellcheck source-path=SCRIPTDIR source=disk.sh
. "${0%/*}/disk.sh"

# shellcheck source-path=SCRIPTDIR source=session.sh
. "${0%/*}/session.sh"

# Included by pg_hba.conf.
reject=/run/postgresql/reject.conf

say() { echo "pgtenants: disk $*" >&2; }

# Runs SQL from standard input as the superuser, whom the guard's own read-only setting must not bind.
as_superuser() {
  timeout 10 psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --output=/dev/null --file=- 2>&1
}

# 10 is the superuser's oid.
end_all_sessions() {
  echo "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND usesysid <> 10;" | as_superuser
}
end_writing_sessions() {
  echo "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE backend_type = 'client backend' AND usesysid <> 10 AND backend_xid IS NOT NULL;" | as_superuser
}

lock() {
  end_writing_sessions
  if [ "$fs_free" -lt "$wal_segment" ] && [ -e "$reserve" ]; then
    rm -f "$reserve" && say "reserve of $((reserve_size / 1024)) MiB given back"
  fi
  echo "ALTER SYSTEM SET default_transaction_read_only = on; SELECT pg_reload_conf();" | as_superuser && end_writing_sessions
}

unlock() { echo "ALTER SYSTEM RESET default_transaction_read_only; SELECT pg_reload_conf();" | as_superuser; }

# What is configured, which a deployment resets with all other settings, and a restart keeps.
configured() {
  if grep -q "^default_transaction_read_only = 'on'" "$PGDATA/postgresql.auto.conf" 2>/dev/null; then writes=denied; else writes=allowed; fi
  if [ -s "$reject" ]; then echo "$writes no-logins"; else echo "$writes logins"; fi
}

# Sets used, limit, fs_free, fs_size, left and tier. Fails where one of them cannot be had.
look() {
  used=$(disk_used)
  limit=$(cat "$limit_file" 2>/dev/null)
  # shellcheck disable=SC2046 # three words
  set -- $(stat --file-system --format='%S %a %b' "$volume" 2>/dev/null)
  if [ -z "$used" ] || [ $# -ne 3 ]; then return 1; fi
  fs_free=$(($1 * $2 / 1024)) fs_size=$(($1 * $3 / 1024))
  # The reserve's room is never free, or giving it back would look like room for writing.
  if [ -e "$reserve" ]; then fs_left=$fs_free; else fs_left=$((fs_free - reserve_size)); fi
  case $limit in
    # A deployment is about to set one: the next look is soon.
    '' | *[!0-9]*) limit=0 own=ok left=$(least $((2 * 1024 * 1024)) "$fs_left") ;;
    *)
      limit=$((limit * 1024))
      own=$(tier_after "$own" $((limit - used)) "$limit")
      left=$(least $((limit - used)) "$fs_left")
      ;;
  esac
  # Half of the shares, since a file system is larger than a tenant.
  fs=$(tier_after "$fs" "$fs_left" $((fs_size / 2)))
  # A neighbour may have filled it, and without logins nobody could free anything.
  if [ "$fs" = full ]; then fs=ending; fi
  case $own/$fs in
    full/*) tier=full ;;
    ending/* | */ending) tier=ending ;;
    read-only/* | */read-only) tier=read-only ;;
    *) tier=$own ;;
  esac
}

report() {
  {
    echo "tier=$tier"
    echo "used_mib=$((used / 1024))"
    echo "limit_mib=$((limit / 1024))"
    echo "file_system_free_mib=$((fs_free / 1024))"
    echo "file_system_mib=$((fs_size / 1024))"
    echo "next_look_seconds=$pause"
  } >"$disk_state.new" && mv "$disk_state.new" "$disk_state"
  if [ "$tier" = "$said" ]; then return; fi
  if [ "$limit" = 0 ]; then quota='no limit'; else quota="$((limit / 1024)) MiB"; fi
  say "$tier, was $said: $((used / 1024)) MiB used of $quota, $((fs_free / 1024)) MiB free in the file system of $((fs_size / 1024)) MiB"
  said=$tier
}

enforce() {
  case $tier in
    ok | warning) want='allowed logins' ;;
    read-only | ending) want='denied logins' ;;
    full) want='denied no-logins' ;;
  esac
  if [ "$in_force" != "$want" ] || [ "$(configured)" != "$want" ]; then
    in_force=
    case $want in
      *' logins') : >"$reject" ;;
      *) printf '%s\n' 'host all all all reject' 'local all all reject' >"$reject" ;;
    esac
    case $want in
      denied*) why=$(lock) ;;
      *) why=$(unlock) ;;
    esac || return
    in_force=$want
  fi
  case $tier in
    ending) why=$(end_writing_sessions) ;;
    full) why=$(end_all_sessions) ;;
  esac
}

keep_reserve() {
  if [ -e "$reserve" ] || [ "$fs_left" -le "$(unlocks_above $((fs_size / 2)))" ]; then return; fi
  fallocate --posix --length "${reserve_size}KiB" "$reserve.new" 2>/dev/null && mv "$reserve.new" "$reserve"
}

own=ok fs=ok said=ok failing=no
# Known where nothing is configured: then nothing is to be done at the start of a container whose disk has room.
in_force=$(configured)
if [ "$in_force" != 'allowed logins' ]; then in_force=; fi
while :; do
  # Holds sessions to the tenant's other limits, for as long as it takes.
  ("${0%/*}/watch.sh" &)
  pause=5
  if look; then
    # Written at 200 MB/s, at most half of what is left is gone at the next look.
    pause=$((left / 1024 / 400))
    if [ "$pause" -lt 1 ]; then pause=1; elif [ "$pause" -gt 60 ]; then pause=60; fi
    report
    if enforce; then
      failing=no
    elif [ "$failing" = no ]; then
      failing=yes
      say "$tier is not in force yet: $(echo "$why" | tail --lines=1)"
    fi
    keep_reserve
  fi
  sleep "$pause"
done
