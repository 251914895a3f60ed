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
-- What a move has closed the move opens, for as long as the entry says that the tenant moves: see images/postgres/move.sh. After that it is opened
-- here; the row says so, whatever ends this before.
SELECT to_regclass('pgtenants.moves') IS NOT NULL AS moves, false AS moving, coalesce((:'spec'::jsonb->'limits'->>'held')::boolean, false) AS held \gset
\if :moves
SELECT EXISTS (SELECT FROM pgtenants.moves JOIN pg_database ON oid = datid WHERE closed AND datname = :'database') AS moving \gset
WITH opened AS (
  UPDATE pgtenants.moves SET closed = false FROM pg_database WHERE oid = datid AND closed AND datname = :'database' AND NOT :'held' RETURNING datname
)
UPDATE pgtenants.limits SET read_only = true FROM opened WHERE database = datname AND role IS NULL;
\endif
SELECT (:'read_only' OR :'closed' OR :'moving' OR EXISTS (SELECT FROM pgtenants.limits WHERE database = :'database' AND role IS NULL AND (read_only OR NOT allow_ddl)))
       AND EXISTS (SELECT FROM pg_database WHERE datname = :'database' AND datallowconn) AND NOT (:'moving' AND :'held') AS inside \gset
\if :inside
\connect :"database"
