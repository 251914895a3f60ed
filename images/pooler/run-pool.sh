#!/bin/sh
# Runs the pool that the working folder is named for. s6 starts it again when it ends.
set -eu
umask 077
. /usr/local/lib/pgtenants/pools-common.sh
file=$config/${PWD##*/}.ini
cp "$file" pool.ini
cp "$file" applied.ini
exec pgbouncer pool.ini
