#!/bin/sh
# import-dump.sh url | file | folder: puts what a new tenant begins with into the volume at /var/lib/postgresql, which is a throw-away one.
# For a container of its own, without any tenant's volume. For a URL, standard input has three lines in base64: a service file, a password
# file and a CA's certificate or nothing; pg_dump then asks that server. Otherwise it is the dump itself, a folder's as tar.
#
# What is dumped and what is counted is one snapshot of the source, which a session of psql holds meanwhile.
set -eu
# shellcheck source-path=SCRIPTDIR source=import-common.sh
. "${0%/*}/import-common.sh"
dump=/var/lib/postgresql/dump
rows=/var/lib/postgresql/rows
log=/tmp/dump.log
said=/tmp/said

decoded() {
  IFS= read -r encoded || refuse "standard input ended too early"
  printf %s "$encoded" | base64 -d >"$1"
}

ask_source() {
  psql --no-psqlrc --no-password --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --dbname=service=source "$@"
}

connect() (
  umask 077
  decoded /tmp/pg_service.conf
  decoded /tmp/pgpass
  decoded /tmp/ca.pem
)

expect_version() {
  version=$(ask_source --command='SHOW server_version_num' 2>"$said") ||
    refuse "the source does not let us in: $(tr '\n' ' ' <"$said")" "mend its URL: pulumi config set --secret --path imports.<id>"
  # shellcheck disable=SC2046 # words
  set -- $(pg_dump --version)
  newest=${3%%.*}
  if [ "$version" -lt 100000 ] || [ $((version / 10000)) -gt "$newest" ]; then
    refuse "the source is PostgreSQL $(ask_source --command='SHOW server_version'), expected 10 to $newest;" \
      "dump it with a pg_dump of its own version, and import the file"
  fi
}

case $1 in
  url)
    # Where a URL says nothing, this image's own settings would.
    unset PGUSER PGDATABASE
    export PGSERVICEFILE=/tmp/pg_service.conf PGPASSFILE=/tmp/pgpass PGCLIENTENCODING=UTF8 PGAPPNAME=pgtenants-import
    connect
    expect_version
    say "the source is PostgreSQL $(ask_source --command='SHOW server_version')"
    # What is told of the progress goes past psql's errors.
    exec 3>&2
    ask_source --file="${0%/*}/import-snapshot.sql" >"$rows" 2>"$said" ||
      refuse "the source could not be read: $(first_errors "$said")"
    if [ ! -e /tmp/dumped ]; then refuse "the source could not be dumped: $(first_errors "$log")"; fi
    say "dumped and counted: $(du --summarize --human-readable "$dump" | cut -f 1), compressed"
    ;;
  # Called by psql, while its session holds the snapshot.
  snapshot)
    exec 2>&3
    say "dumping $TABLES tables, $SIZE"
    followed "$log" dumping "$TABLES" 'dumping contents of table' \
      pg_dump --verbose --format=directory --jobs=2 --snapshot="$SNAPSHOT" --no-owner --no-privileges --no-publications --no-subscriptions \
      --no-security-labels --no-tablespaces --no-password --file="$dump" --dbname=service=source
    : >/tmp/dumped
    exit
    ;;
  file)
    mkdir "$dump"
    cat >"$dump/archive"
    if [ ! -s "$dump/archive" ]; then refuse "the dump is empty"; fi
    ;;
  folder)
    mkdir "$dump"
    tar --extract --no-same-owner --no-same-permissions --directory="$dump"
    other=$(find "$dump" ! -type f ! -type d | head -n 1)
    if [ -n "$other" ]; then refuse "the folder holds more than files: $other"; fi
    if [ ! -e "$dump/toc.dat" ]; then refuse "the folder holds no toc.dat, expected what pg_dump --format=directory makes"; fi
    ;;
esac
# It is read by another user, who can do nothing else.
chmod -R go+rX "$dump"
