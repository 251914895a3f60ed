-- Opens a database that is to be closed, or opened again, for freeze.sql and closed.sql. The three come once for the tenant's own, before what is declared,
-- and once more for each database after it, so that nothing of that is given back to a tenant whose limits take it: the first round is one of its own.
\if :{?round}
\else
\set round 0
\endif
SELECT coalesce(further, spec->>'database') AS database, (spec->'limits'->>'readOnly')::boolean AS read_only,
       NOT (spec->'limits'->>'allowDdl')::boolean AS closed, :round + 1 AS round
  FROM (SELECT spec, CASE WHEN :round > 1 THEN spec->'declared'->'databases'->(:round - 2)->>'name' END AS further
          FROM (SELECT :'spec'::jsonb AS spec) AS input) AS chosen \gset
-- A database that was closed to be moved has no row that says so.
SELECT (:'read_only' OR :'closed' OR EXISTS (SELECT FROM pgtenants.limits WHERE database = :'database' AND role IS NULL AND (read_only OR NOT allow_ddl))
        OR EXISTS (SELECT FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase
                    WHERE datname = :'database' AND setrole = 0 AND 'default_transaction_read_only=on' = ANY (setconfig)))
       AND EXISTS (SELECT FROM pg_database WHERE datname = :'database' AND datallowconn) AS inside \gset
\if :inside
\connect :"database"
