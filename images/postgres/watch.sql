-- One look of the watchdog's: see watch.sh. "warned" has what was cancelled at the last one. Prints a line for each session that goes on for longer than
-- a limit allows, which it cancels or, where that was in vain, ends; then what is to be "warned" at the next look, and after how many seconds that is.
SELECT to_regclass('pgtenants.limits') IS NOT NULL AS limited \gset
\if :limited
SELECT coalesce(max(lock_ms), 0) > 0 AS locks FROM pgtenants.limits \gset
\if :locks
\set waiting '(SELECT pid, min(waitstart) AS since FROM pg_locks WHERE NOT granted GROUP BY pid)'
\else
\set waiting '(SELECT NULL::integer AS pid, NULL::timestamptz AS since)'
\endif
WITH session AS MATERIALIZED (
  SELECT pid, usename, datname, state, query_start, state_change, since, limited.*
    FROM pg_stat_activity AS activity LEFT JOIN :waiting AS waiting USING (pid)
   CROSS JOIN LATERAL (
     SELECT statement_ms, idle_in_transaction_ms, lock_ms FROM pgtenants.limits
      WHERE database = datname AND (role IS NULL OR role = usename) ORDER BY role NULLS LAST LIMIT 1) AS limited
   WHERE backend_type = 'client backend' AND usesysid <> 10
), over AS MATERIALIZED (
  SELECT pid, usename, datname, name, ms, started, pid || '/' || name || '/' || extract(epoch FROM started) AS key
    FROM session, LATERAL (VALUES
      ('statementTimeout', statement_ms, CASE WHEN state IN ('active', 'fastpath function call') THEN query_start END),
      ('idleInTransactionTimeout', idle_in_transaction_ms, CASE WHEN state LIKE 'idle in transaction%' THEN state_change END),
      ('lockTimeout', lock_ms, since)) AS limited(name, ms, started)
   WHERE ms > 0 AND clock_timestamp() - started > ms * interval '1 ms'
), done AS MATERIALIZED (
  SELECT *, CASE
           WHEN name = 'idleInTransactionTimeout' OR key = ANY (string_to_array(:'warned', ' ')) THEN pg_terminate_backend(pid)
           ELSE pg_cancel_backend(pid) AND NULL END AS ended
    FROM over
)
SELECT format('said %s: %s of the role %s in the database %s after %s s, the limit is %s s', name,
              CASE WHEN ended IS NULL THEN 'cancelled a statement' ELSE 'ended a session' END, to_json(usename), to_json(datname),
              round(extract(epoch FROM clock_timestamp() - started), 1), round(ms / 1000.0, 1)) FROM done
UNION ALL
SELECT 'warned ' || coalesce(string_agg(key, ' '), '') FROM done
UNION ALL
SELECT 'next ' || CASE WHEN count(*) = 0 THEN 'none' ELSE ceil(least(60000, greatest(1000, min(ms) / 10)) / 1000.0)::text END
  FROM pgtenants.limits, LATERAL (VALUES (statement_ms), (idle_in_transaction_ms), (lock_ms)) AS limited(ms) WHERE ms > 0;
\else
SELECT 'next none';
\endif
