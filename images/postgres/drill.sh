#!/bin/sh
# drill.sh BUFFERS TYPE [TARGET]: restores as restore.sh does, and looks whether what came back is whole. Prints a line of JSON for each check,
# and the rows of every table as counts.sh does. Ends with 0 where all was looked at, whatever was found. For a container and a volume of its
# own, which go away after it; what users wrote into the database may run here, in index expressions for one.
set -u
buffers=$1
shift
log=/tmp/drill.log
said=/tmp/drill.said

# report CHECK LEVEL FOUND: since the last report is how long it took.
report() {
  CHECK=$1 LEVEL=$2 FOUND=$3 STARTED=$started perl -MJSON::PP -MTime::HiRes=time -e '
    printf "%s\n", JSON::PP->new->canonical->encode({
      check => $ENV{CHECK}, level => $ENV{LEVEL}, found => substr($ENV{FOUND}, 0, 2000), seconds => 0 + sprintf("%.1f", time - $ENV{STARTED}) })'
  started=$(date +%s.%N)
}
last_words() { tail -n 5 "$1" | sed 's/^pgtenants: //'; }

started=$(date +%s.%N)
# pgBackRest says what is wrong on standard output.
if ! "${0%/*}/restore.sh" "$@" >"$said" 2>&1; then
  report restore error "$(last_words "$said")"
  exit 0
fi
# Has the repository's key in it.
rm -f /tmp/pgbackrest.conf
bytes=$(du --summarize --bytes "$PGDATA" | cut -f 1)
printf '{"bytes":%s}\n' "$bytes"
report restore ok "$(tail -n 1 "$said" | sed 's/^pgtenants: //')"

if pg_checksums --check --pgdata="$PGDATA" >"$log" 2>"$said"; then
  report checksums ok "$(sed -n 's/^Blocks scanned: *//p' "$log") blocks"
elif grep -q 'not enabled' "$said"; then
  report checksums warning 'this cluster has no checksums: initdb made it without them'
else
  report checksums error "$(sed -n 's/^Bad checksums: */bad checksums: /p' "$log") $(last_words "$said")"
fi

: >/run/postgresql/reject.conf
postgres -D "$PGDATA" -c listen_addresses= -c unix_socket_directories=/run/postgresql -c archive_mode=off -c ssl=off -c max_wal_senders=0 \
  -c io_method=sync -c autovacuum=off -c event_triggers=off -c shared_buffers="$buffers" \
  -c hba_file=/etc/pgtenants/pg_hba.conf -c ident_file=/etc/pgtenants/pg_ident.conf >"$log" 2>&1 &
server=$!
until pg_isready --quiet; do
  if ! kill -0 "$server" 2>/dev/null; then
    report start error "$(last_words "$log")"
    exit 0
  fi
  sleep 0.1
done
report start ok 'answers'

# shellcheck source-path=SCRIPTDIR source=session.sh
. "${0%/*}/session.sh"
if pg_amcheck --all --install-missing --heapallindexed --rootdescend --checkunique >"$log" 2>"$said"; then
  report amcheck ok 'tables and indexes of all databases'
else
  report amcheck error "$(cat "$log" "$said" | head -n 10)"
fi

if "${0%/*}/counts.sh" >"$log" 2>"$said"; then
  cat "$log"
  report count ok "$(wc -l <"$log") databases"
else
  report count error "$(last_words "$said")"
fi
pg_ctl --pgdata="$PGDATA" --mode=fast --silent stop
