
-- Limits that a tenant cannot switch off: how long something may take, in a table for the watchdog beside the server (images/postgres/watch.sh), and
-- what the tenant's databases refuse. A row without a role is for all of that database's that have none of their own; 0 is no limit. They hold for
-- every database that is not the server's own, also for one that is in no file. A database is known by its number, whatever it is called meanwhile.
CREATE SCHEMA IF NOT EXISTS pgtenants;
CREATE TABLE IF NOT EXISTS pgtenants.limits (
  database name NOT NULL, role name, statement_ms bigint NOT NULL DEFAULT 0, idle_in_transaction_ms bigint NOT NULL DEFAULT 0,
  lock_ms bigint NOT NULL DEFAULT 0, read_only boolean NOT NULL DEFAULT false, allow_ddl boolean NOT NULL DEFAULT true, datid oid,
  UNIQUE NULLS NOT DISTINCT (database, role)
);
ALTER TABLE pgtenants.limits ADD COLUMN IF NOT EXISTS datid oid;
DELETE FROM pgtenants.limits
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE CASE WHEN datid IS NULL THEN datname = database ELSE oid = datid END);
UPDATE pgtenants.limits SET database = datname FROM pg_database WHERE pg_database.oid = datid AND datname <> database;

-- Statements run in databases that the file names; a limit that would not hold in another one is none.
SELECT format('DO %L', format('BEGIN RAISE EXCEPTION USING MESSAGE = %L; END', format(
         'readOnly and allowDdl would not hold in database %s, which is not in the entry: list it under databases, or drop it', string_agg(datname, ', '))))
  FROM pg_database, (SELECT :'spec'::jsonb AS spec) AS input
 WHERE ((spec->'limits'->>'readOnly')::boolean OR NOT (spec->'limits'->>'allowDdl')::boolean)
   AND datallowconn AND datname NOT IN ('postgres', 'template0', 'template1') AND datname <> spec->>'database'
   AND NOT coalesce(spec->'declared'->'databases' @> jsonb_build_array(jsonb_build_object('name', datname)), false)
   AND NOT coalesce(spec->'declared'->'absent' @> jsonb_build_array(jsonb_build_object('kind', 'database', 'name', datname)), false)
HAVING count(*) > 0
\gexec

-- Known before it is so: what was begun must be found.
INSERT INTO pgtenants.limits (database, datid, statement_ms, idle_in_transaction_ms, lock_ms, read_only, allow_ddl)
SELECT datname, oid, statement, idle, lock, "readOnly", "allowDdl"
  FROM pg_database, jsonb_to_record(:'spec'::jsonb->'limits') AS limited(statement bigint, idle bigint, lock bigint, "readOnly" boolean, "allowDdl" boolean)
 WHERE datname NOT IN ('postgres', 'template0', 'template1')
ON CONFLICT (database, role) DO UPDATE SET
  (datid, statement_ms, idle_in_transaction_ms, lock_ms, read_only, allow_ddl)
  = ROW (excluded.datid, excluded.statement_ms, excluded.idle_in_transaction_ms, excluded.lock_ms,
         limits.read_only OR excluded.read_only, limits.allow_ddl AND excluded.allow_ddl)
 WHERE (limits.datid, limits.statement_ms, limits.idle_in_transaction_ms, limits.lock_ms, limits.read_only, limits.allow_ddl)
       IS DISTINCT FROM (excluded.datid, excluded.statement_ms, excluded.idle_in_transaction_ms, excluded.lock_ms,
                         limits.read_only OR excluded.read_only, limits.allow_ddl AND excluded.allow_ddl);
