#!/bin/sh
# fetch-wal.sh CONFIG FILE PATH ARCHIVE...: the restore_command of a restore: brings FILE from the repository's folders ARCHIVE to PATH. Ends with
# 1 where there is no such file and no later one, which is the end of the WAL. Everything else ends the server: it would take it for the end
# as well, and the restore would be without the newest rows and without a word.
set -eu
config=$1 file=$2 path=$3
shift 3
archives=$*

refuse() {
  printf 'pgtenants: %s\n' "$@" >&2
  exit 255
}

code=0
pgbackrest --config="$config" --stanza=tenant --pg1-path="$PWD" --log-level-console=warn --log-timestamp=n archive-get "$file" "$path" || code=$?
case $code in
  0 | 1) ;;
  *) refuse "the WAL file $file cannot be read, it is damaged or cut short: the line above says how" ;;
esac
# Only a segment has a checksum in its name, and others after it.
case $file in
  *[!0-9A-F]*) exit "$code" ;;
esac

# What was being saved when the machine was lost has a name that ends in .tmp.
# shellcheck disable=SC2086 # folders without blanks
segments() { find $archives -name "$1" ! -name '*.tmp' -printf '%f\n'; }

if [ "$code" = 0 ]; then
  read -r found _ <<END
$(sha1sum "$path")
END
  if [ -n "$(segments "$file-$found*")" ]; then exit 0; fi
  refuse "the WAL segment $file is damaged: its SHA-1 is $found, it was saved as $(segments "$file-*" | head -n 1)"
fi
timeline=$(printf %.8s "$file")
later=$(segments "$timeline*-*" | awk -v file="$file" '{ name = substr($0, 1, 24); if (name > file) { print name; exit } }')
if [ -n "$later" ]; then refuse "the WAL segment $file is missing in the repository, which has later ones, such as $later"; fi
exit 1
