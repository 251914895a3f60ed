#!/bin/sh
# apply-shared.sh: runs the SQL for an instance's tenants, from standard input, as the superuser, and keeps it for swap.sh. What a tenant has set
# for its database does not count in these sessions.
set -eu
# shellcheck source-path=SCRIPTDIR source=session.sh
. "${0%/*}/session.sh"
# shellcheck source-path=SCRIPTDIR source=backup-common.sh
. "${0%/*}/backup-common.sh"
sql=$(cat)
# Where the sender was killed the engine ends the input as if all had come.
case $sql in
  *'-- end') ;;
  *) echo "pgtenants: standard input ended before its last line; nothing was changed. Deploy again" >&2; exit 65 ;;
esac
printf '%s\n' "$sql" |
  psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --file=- >/dev/null
if ! printf '%s\n' "$sql" | cmp --silent - "$applied_shared"; then
  if ! (umask 077 && mkdir -p "$folder" && printf '%s\n' "$sql" >"$applied_shared.new" && mv "$applied_shared.new" "$applied_shared"); then
    rm -f "$applied_shared" "$applied_shared.new"
  fi
fi
# See apply.sh.
: >/run/postgresql/limits-changed
(setsid "${0%/*}/watch.sh" </dev/null >/dev/null 2>/proc/1/fd/2 &) 2>/dev/null
