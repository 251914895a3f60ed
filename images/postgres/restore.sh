#!/bin/sh
# restore.sh TYPE [TARGET [SCHEMA_ONLY MASK]]: fills a new volume from a repository: the backup before the target, and WAL up to it. TYPE is
# latest, immediate, time, xid, name or lsn. For a container of its own: the repository is mounted read-only, there is no network, and pgBackRest's
# configuration comes on standard input; with SCHEMA_ONLY (yes or no) and MASK (a file's name, or empty) as one line in base64, before the
# SQL that masks: see mask.sh. Ends with 0 where the volume has been filled before.
#
# The cluster is made in a folder beside its final one, so that a kill in the middle leaves nothing that looks like a cluster; it never
# archives, and what it does from now on is a history of its own. With IDENTITY=same in the environment it goes on as the server that it was.
set -eu
type=$1 target=${2:-} schema_only=${3:-no} mask=${4:-}
stanza=tenant
partial=$PGDATA.partial
config=/tmp/pgbackrest.conf
log=/tmp/recovery.log

refuse() { printf 'pgtenants: %s\n' "$@" >&2; exit 78; }

if [ -s "$PGDATA/PG_VERSION" ]; then exit 0; fi
if [ -d "$PGDATA" ] && [ -n "$(ls -A "$PGDATA")" ]; then refuse "$PGDATA is not empty, yet holds no PG_VERSION"; fi
case $type in
  # After the time of day; a date has hyphens of its own.
  time) case $target in
    *:*Z | *:*[+-][0-9][0-9] | *:*[+-][0-9][0-9]:[0-9][0-9] | *:*[+-][0-9][0-9][0-9][0-9]) ;;
    *) refuse "the time \"$target\" has no zone, expected one such as \"2026-11-21 12:30:00+01\"" ;;
  esac ;;
esac
umask 077
if [ $# -le 2 ]; then cat >"$config"
else
  IFS= read -r encoded || refuse "standard input ended within its first line"
  printf %s "$encoded" | base64 -d >"$config"
  cat >/tmp/mask.sql
  if [ -n "$mask" ] && [ ! -s /tmp/mask.sql ]; then refuse "$mask is empty, or not there: nothing would be masked"; fi
fi
repository=$(sed -n 's/^repo1-path=//p' "$config")
# What is left of a restore that failed is of no use.
trap 'rm -rf "$partial"' EXIT

# A quarter of the container's memory, 128 MB at most: PostgreSQL's own value is twice what the smallest tenant has.
limit=$(cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null | head -n 1)
case $limit in
  '' | *[!0-9]*) buffers=128 ;;
  *) buffers=$((limit / 4194304)) ;;
esac
if [ "$buffers" -gt 128 ]; then buffers=128; fi

here() { pgbackrest --config="$config" --stanza="$stanza" --pg1-path="$partial" --log-level-console=warn --log-timestamp=n "$@" >&2; }

# Fails where there are no backups, or where they cannot be read.
check_backups() {
  if [ ! -e "$repository/backup/$stanza/backup.info" ]; then
    refuse "there are no backups in $repository: the repository is another tenant's, or was made with another key"
  fi
  pgbackrest --config="$config" --stanza="$stanza" --output=json info | perl -MJSON::PP -e '
    # With another key parts of it are no text.
    my $stanzas = eval { decode_json(join "", <STDIN>) };
    my ($stanza) = @{ $stanzas // [] };
    if (!@{ $stanza->{backup} // [] }) {
      print STDERR "pgtenants: no backup can be read: there is none yet, or it was made with another key\n";
      exit 78;
    }'
}

# The folders of the WAL of the cluster that has been brought back: one that was replaced in place, and taken back, has two.
archives() {
  identifier=$(pg_controldata "$partial" | sed -n 's/^Database system identifier: *//p')
  pgbackrest --config="$config" --stanza="$stanza" --output=json info | IDENTIFIER=$identifier REPOSITORY=$repository perl -MJSON::PP -e '
    my ($stanza) = @{ decode_json(join "", <STDIN>) };
    my @own = grep { $_->{"system-id"} == $ENV{IDENTIFIER} } @{ $stanza->{db} };
    print join " ", grep { -d } map { "$ENV{REPOSITORY}/archive/$stanza->{name}/$_->{version}-$_->{id}" } @own'
}

# Fails where WAL was not replayed to the last segment that was archived: the server takes a segment that it cannot read for the end.
check_end() {
  # shellcheck disable=SC2086 # folders without blanks
  last=$(find $archives -name '????????????????????????-*' ! -name '*.tmp' -printf '%f\n' | sort | tail -n 1)
  # The server's new history file has the position at which the old one ended, by its last line: timeline, position, reason.
  read -r timeline position _ <<END
$(cat "$partial"/pg_wal/*.history | tail -n 1)
END
  byte=$(((0x${position%/*} << 32) + 0x${position#*/} - 1))
  reached=$(printf '%08X%08X%08X' "$timeline" $((byte >> 32)) $(((byte & 0xffffffff) >> 24)))
  if [ "$(printf '%s\n' "${last%%-*}" "$reached" | sort | tail -n 1)" = "$reached" ]; then return; fi
  say_why
  refuse "the WAL could be read up to $position only, in segment $reached; the repository has it up to ${last%%-*}. A time, or \"lsn $position\", brings back what is before that"
}

# What the server says of its end, but for those who asked meanwhile.
say_why() {
  grep -E 'FATAL|PANIC|last completed|unexpected|invalid|incorrect|out-of-sequence|pgtenants:|ERROR:' "$log" |
    grep -vE 'starting up|not accepting' | tail -n 8 >&2
}

# backups all: the good backups, newest first. backups TYPE TARGET: those before the target, and nothing where the newest of these is good.
backups() {
  pgbackrest --config="$config" --stanza="$stanza" --output=json info | perl -MJSON::PP -MTime::Local -e '
    my ($type, $target) = @ARGV;
    my ($stanza) = @{ decode_json(join "", <STDIN>) };
    my @made = reverse @{ $stanza->{backup} // [] };
    if ($type eq "time" && $target =~ /^(\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+)(?:\.\d+)?\+00$/) {
      my $time = timegm($6, $5, $4, $3, $2 - 1, $1);
      @made = grep { $_->{timestamp}{stop} < $time } @made;
    }
    @made = grep { position($_->{lsn}{stop}) <= position($target) } @made if $type eq "lsn";
    exit if $type ne "all" && !(@made && $made[0]{error});
    print "$_->{label}\n" for grep { !$_->{error} } @made;
    sub position { my ($high, $low) = split m{/}, $_[0]; return hex($high) * 2**32 + hex $low }' "$@"
}
good_set() {
  label=$(backups "$type" "$target" | head -n 1)
  if [ -n "$label" ]; then echo "--set=$label"; fi
}

# restored [OPTION...]: brings the files of a backup back, and has the server replay WAL up to the target. Fails where the target is not met.
restored() {
  rm -rf "$partial"
  mkdir -p "$(dirname "$partial")"
  # Trying a damaged file again would not mend it.
  here restore --job-retry=0 "$@" || return
  archives=$(archives) || return
  # In place of the restore_command that pgBackRest has written.
  printf "restore_command = '%s %s %%f %%p %s'\n" "${0%/*}/fetch-wal.sh" "$config" "$archives" >>"$partial/postgresql.auto.conf"
  # No session may see it before the target: hence no hot standby, which would also ask for the connections of the server that wrote the WAL.
  postgres -D "$partial" -c listen_addresses= -c unix_socket_directories=/run/postgresql -c archive_mode=off -c hot_standby=off \
    -c recovery_target_action=promote -c io_method=sync -c max_wal_senders=0 -c shared_buffers="${buffers}MB" -c ssl=off >"$log" 2>&1 &
  server=$!
  while kill -0 "$server" 2>/dev/null; do
    # Without hot standby it takes connections only when it has been promoted.
    if pg_isready --quiet; then
      pg_ctl --pgdata="$partial" --mode=fast --silent stop || return
      wait "$server"
      return
    fi
    sleep 0.2
  done
  say_why
  return 1
}

check_backups
unmet="the backups and their WAL do not lead to $type${target:+ \"$target\"}: the lines above say why. Nothing was made"
# pgBackRest takes the newest backup before the target, and brings none back that has damaged pages, though an older one may lead there as well.
# So where it would take such a one, the newest good one is named.
# shellcheck disable=SC2046 # none or one word
case $type in
  latest)
    restored --type=default $(good_set) || refuse "$unmet"
    check_end
    ;;
  immediate) restored --type=immediate $(good_set) || refuse "$unmet" ;;
  time | lsn) restored --type="$type" --target="$target" $(good_set) || refuse "$unmet" ;;
  xid | name)
    # Here pgBackRest cannot tell which backup is older: the newest that leads there.
    found=no
    for label in $(backups all); do
      if restored --type="$type" --target="$target" --set="$label"; then
        found=yes
        break
      fi
    done
    if [ "$found" = no ]; then refuse "$unmet"; fi
    ;;
  *) refuse "target of type \"$type\", expected latest, immediate, time, xid, name or lsn" ;;
esac

if [ "$schema_only $mask" != 'no ' ]; then
  echo "pgtenants: restored; taking out what the copy must not hold" >&2
  if ! "${0%/*}/mask.sh" "$partial" "$schema_only" "$mask" </tmp/mask.sql; then
    pg_ctl --pgdata="$partial" --mode=immediate --silent stop || true
    rm -rf "$partial"
    exit 78
  fi
fi
# Who goes on with this repository, after its server and all else was lost, is the one whom the repository knows.
if [ "${IDENTITY:-new}" = new ]; then "${0%/*}/own-identity.pl" "$partial" >/dev/null; fi
rm -f "$partial/backup_label.old" "$partial/tablespace_map.old"
sync -f "$partial"
mv -T "$partial" "$PGDATA"
sync -f "$PGDATA"
echo "pgtenants: restored to $type $target" >&2
