#!/bin/sh
# unblock.sh PID: as long as the process PID runs, a deployment's psql or a step of a move, ends sessions of the tenant's that have kept it waiting for a lock for ten seconds. Else a
# transaction that is left open would keep a deployment from ending. What it ends is said in the container's log.
set -u
# shellcheck source-path=SCRIPTDIR source=session.sh
. "${0%/*}/session.sh"
waited=0
while sleep 1 && kill -0 "$1" 2>/dev/null; do
  waited=$((waited + 1))
  # Most deployments take less than that: programs that are not needed are not started.
  if [ $((waited % 10)) -ne 0 ]; then continue; fi
  timeout 10 psql --no-psqlrc --quiet --tuples-only --no-align --file=- <<'SQL'
SELECT format('pgtenants: deployment: ended the session %s of the role %s in the database %s, which held a lock that it waited for: %s',
              pid, to_json(usename), to_json(datname), to_json(left(query, 200)))
  FROM pg_stat_activity
 WHERE backend_type = 'client backend' AND usesysid <> 10
   AND pid IN (SELECT unnest(pg_blocking_pids(waiting.pid)) FROM pg_stat_activity AS waiting
                WHERE usesysid = 10 AND application_name = 'pgtenants deployment' AND wait_event_type = 'Lock')
   AND pg_terminate_backend(pid);
SQL
done
