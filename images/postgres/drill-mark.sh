#!/bin/sh
# drill-mark.sh: prints a position in the log up to which everything is in the repository: what was committed before the call lies before it.
set -eu
# shellcheck source-path=SCRIPTDIR source=session.sh
. "${0%/*}/session.sh"
# The restore point is there so that another record begins at or after the position: recovery ends at one.
position=$(psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 \
  --command="SELECT pg_catalog.pg_create_restore_point('pgtenants')")
"${0%/*}/archive-now.sh" latest >&2
echo "$position"
