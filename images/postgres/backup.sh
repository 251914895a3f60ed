#!/bin/sh
# backup.sh full|incr: makes a backup; a full one is read back, and then those that are too old are let go. One at a time; ends with 75 where
# one is being made. What became of it is kept for who asks later, and a failure is in the container's log.
set -eu
# shellcheck source-path=SCRIPTDIR source=backup-common.sh
. "${0%/*}/backup-common.sh"
type=$1
case $type in
  full | incr) ;;
  *) echo "pgtenants: backup of type \"$type\", expected full or incr" >&2; exit 64 ;;
esac
if [ ! -s "$config" ]; then
  echo "pgtenants: this tenant has no backups: backup.enabled is false, or it was never deployed with them" >&2
  exit 78
fi
exec 8>"$backup_lock"
flock --nonblock 8 || { echo "pgtenants: a backup of this tenant is being made" >&2; exit 75; }
# Out of memory, this ends, and not the server.
echo 1000 >/proc/self/oom_score_adj

gently() { nice -n 19 "${0%/*}/gently.pl" pgbackrest --config="$config" --stanza="$stanza" --log-timestamp=n "$@"; }

# A backup with a damaged page would take the place of a good one: it fails instead.
make_backup() {
  if [ ! -e "$(repository)/backup/$stanza/backup.info" ]; then pgbackrest_here --log-timestamp=n stanza-create --no-online || return; fi
  note_moved_cluster || return
  gently --type="$type" --checksum-page-error --no-expire-auto backup || return
  if [ "$type" = full ]; then let_go; fi
}

# Only a backup that can be read takes an older one's place. One that cannot would also be what the next ones stand on.
let_go() {
  newest=$(pgbackrest_here --output=json info | perl -MJSON::PP -e 'print decode_json(join "", <STDIN>)->[0]{backup}[-1]{label}') || return
  found=$(gently --set="$newest" --output=text --verbose verify 2>&1) || true
  case $found in
    *'status: ok'*) gently expire ;;
    *)
      printf '%s\n' "backup $newest cannot be read back, and is not kept:" "$found"
      # The only one stays: pgBackRest refuses.
      gently --set="$newest" expire || true
      return 65
      ;;
  esac
}

started=$(date +%s)
code=0
said=$(make_backup 2>&1) || code=$?
printf '%s' "$said" | TYPE=$type STARTED=$started CODE=$code perl -MJSON::PP -e '
  read STDIN, my $said, 4000;
  print JSON::PP->new->canonical->encode({
    type => $ENV{TYPE}, started => 0 + $ENV{STARTED}, ended => time, code => 0 + $ENV{CODE}, said => $said })' >"$attempt.new"
mv "$attempt.new" "$attempt"
if [ -n "$said" ]; then printf 'pgtenants: backup %s: %s\n' "$type" "$said" >&2; fi
exit "$code"
