# shellcheck shell=sh disable=SC2034 # read by the scripts that source this one: guard.sh and use.sh
# A tenant's disk: what is used, and what follows from it. All sizes in KiB.

volume=/var/lib/postgresql
# Written by apply.sh, in MiB.
limit_file=$volume/disk-limit
# Lines key=value; see guard.sh.
disk_state=/run/postgresql/disk

# Room that the guard gives back when the file system is full to the last block, as Ubicloud's "human buffer": ALTER SYSTEM needs some
# kB, and a server that comes back from a crash a WAL segment of 16 MiB. Does not count as the tenant's.
reserve=$volume/disk-reserve
reserve_size=$((32 * 1024))
wal_segment=$((16 * 1024))

# What the tenant uses. Files that go away meanwhile make du fail, and its sum is still right. Clusters beside the live one, which a restore in
# place makes and keeps, are not the tenant's doing: they count in the file system only.
disk_used() {
  du --summarize --one-file-system --block-size=1K --exclude="$reserve*" --exclude="$PGDATA.next*" --exclude="$PGDATA.before-*" \
    "$volume" 2>/dev/null | cut -f 1
}

# Free space of a disk of size $1 below which … The absolute figures are Ubicloud's, from its disk-full-check for disks up to 64 GB:
# read-only below 1 GB free, back above 2 GB, sessions ended below 512 MB. The shares keep small disks usable.
warns_below() { echo $(($1 / 5)); }
locks_below() { least $((1024 * 1024)) $(($1 / 10)); }
unlocks_above() { least $((2 * 1024 * 1024)) $(($1 / 5)); }
ends_below() { least $((512 * 1024)) $(($1 / 20)); }
least() { if [ "$1" -lt "$2" ]; then echo "$1"; else echo "$2"; fi; }

# tier_after TIER FREE SIZE: the tier of a disk that was in TIER and has FREE left of SIZE. Once locked, it is so until there is clearly room.
tier_after() {
  locked=no
  case $1 in
    read-only | ending | full) if [ "$2" -le "$(unlocks_above "$3")" ]; then locked=yes; fi ;;
  esac
  if [ "$2" -le 0 ] || [ "$1 $locked" = 'full yes' ]; then echo full
  elif [ "$2" -lt "$(ends_below "$3")" ]; then echo ending
  elif [ "$locked" = yes ] || [ "$2" -lt "$(locks_below "$3")" ]; then echo read-only
  elif [ "$2" -le "$(warns_below "$3")" ]; then echo warning
  else echo ok
  fi
}
