#!/bin/sh
# swap.sh postgres OPTION...: puts another cluster of the volume in the live one's place, as in-place.sh was asked to. Run by the entrypoint, which
# holds the volume, before the server starts; so whoever asked may be gone meanwhile.
#
# The two change places in one step: whenever this is killed, a whole cluster is in its place, and the next start goes on. The other one comes
# into force only where a server starts on it and takes the SQL of the last deployment, without which the roles and passwords of the past would
# count; else they change places again.
set -eu
# shellcheck source-path=SCRIPTDIR source=backup-common.sh
. "${0%/*}/backup-common.sh"
# shellcheck source-path=SCRIPTDIR source=session.sh
. "${0%/*}/session.sh"
log=/tmp/swap.log
read -r expires cluster keep want what <"$swap_request"

# end OUTCOME REASON: keeps what became of it, and is done.
end() {
  OUTCOME=$1 SAID=$2 WHAT=$what KEPT=$keep perl -MJSON::PP -e '
    print JSON::PP->new->canonical->encode({
      at => time, outcome => $ENV{OUTCOME}, said => substr($ENV{SAID}, 0, 2000), what => $ENV{WHAT}, replaced => $ENV{KEPT} })' >"$in_place.new"
  mv "$in_place.new" "$in_place"
  rm -f "$swap_request"
  sync -f "$folder"
  echo "pgtenants: restore in place, $what: $1${2:+: $2}" >&2
  exit 0
}

exchange() {
  # Before the step, so that the server that comes after it finds it, whichever that is.
  : >"$moved"
  mv --exchange -T "$cluster" "$PGDATA"
  sync -f "$PGDATA"
}

fill() {
  # A server that was stopped in time has archived all that it wrote.
  if ! pg_controldata "$PGDATA" | grep -q '^Database cluster state: *shut down$'; then end refused 'the server was killed before it had archived its last WAL'; fi
  for waits in "$PGDATA"/pg_wal/archive_status/*.ready; do
    if [ -e "$waits" ]; then end refused "the server's last WAL is not archived: ${waits##*/}"; fi
  done
  if ! PGDATA=$cluster "${0%/*}/restore.sh" latest <"$config" >"$log" 2>&1; then
    rm -rf "$cluster" "$cluster.partial"
    end refused "$(tail -n 5 "$log")"
  fi
  want=$(identifier "$cluster")
  echo "$expires $cluster $keep $want $what" >"$swap_request.new"
  mv "$swap_request.new" "$swap_request"
}

# The server's options come from the entrypoint; nobody can reach it, and it archives nothing.
take_up() {
  rm -f "$PGDATA/postmaster.pid"
  "$@" -c listen_addresses= -c unix_socket_directories=/run/postgresql -c archive_mode=off -c hba_file=/etc/pgtenants/pg_hba.conf -c ident_file=/etc/pgtenants/pg_ident.conf >"$log" 2>&1 &
  server=$!
  until pg_isready --quiet; do
    if ! kill -0 "$server" 2>/dev/null; then return 1; fi
    sleep 0.1
  done
  code=0
  # What was dropped since is not dropped again: it may be what is brought back.
  psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --set=restored=yes --file="$applied" >/dev/null 2>>"$log" || code=$?
  if [ "$code" = 0 ] && [ -e "$applied_shared" ]; then
    psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --file="$applied_shared" >/dev/null 2>>"$log" || code=$?
  fi
  if [ "$code" = 0 ]; then pg_ctl --pgdata="$PGDATA" --mode=fast --silent stop || code=$?; fi
  # A server that cannot read its cluster may not be able to stop in order either.
  if [ "$code" != 0 ]; then kill -QUIT "$server"; fi
  wait "$server" || code=$?
  return "$code"
}

if [ "$(identifier "$PGDATA")" != "$want" ]; then
  if [ "$(date +%s)" -gt "$expires" ]; then end refused 'it was asked for too long ago'; fi
  if [ "$want" = latest ]; then fill; fi
  if [ "$(identifier "$cluster")" != "$want" ]; then end refused "$cluster is not the cluster that was asked for"; fi
  # The settings of the last deployment: those of the past may name files that are gone, and the server would not start.
  cp -p "$PGDATA/postgresql.auto.conf" "$cluster/postgresql.auto.conf"
  sync -f "$cluster"
  exchange
fi
if ! take_up "$@"; then
  exchange
  end refused "no server could be started on it: $(grep -E 'FATAL|PANIC|ERROR' "$log" | tail -n 3)"
fi
# Gone already where this was killed after it.
if [ -e "$cluster" ] && [ "$cluster" != "$keep" ]; then mv -T "$cluster" "$keep"; fi
end 'done' ''
