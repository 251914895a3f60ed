
-- Limits that a tenant cannot switch off: how long something may take, in a table for the watchdog beside the server (images/postgres/watch.sh), and
-- what the tenant's database refuses. A row without a role is for all of that database's that have none of their own; 0 is no limit.
CREATE SCHEMA IF NOT EXISTS pgtenants;
CREATE TABLE IF NOT EXISTS pgtenants.limits (
  database name NOT NULL, role name, statement_ms bigint NOT NULL DEFAULT 0, idle_in_transaction_ms bigint NOT NULL DEFAULT 0,
  lock_ms bigint NOT NULL DEFAULT 0, read_only boolean NOT NULL DEFAULT false, allow_ddl boolean NOT NULL DEFAULT true,
  UNIQUE NULLS NOT DISTINCT (database, role)
);
DELETE FROM pgtenants.limits WHERE database NOT IN (SELECT datname FROM pg_database);

SELECT :'spec'::jsonb->>'database' AS database, (:'spec'::jsonb->'limits'->>'readOnly')::boolean AS read_only,
       NOT (:'spec'::jsonb->'limits'->>'allowDdl')::boolean AS closed \gset
-- Known before it is so: what was begun must be found.
INSERT INTO pgtenants.limits (database, read_only, allow_ddl)
SELECT :'database', :'read_only', NOT :'closed' WHERE :'read_only' OR :'closed'
ON CONFLICT (database, role) DO UPDATE SET read_only = excluded.read_only, allow_ddl = excluded.allow_ddl
 WHERE (limits.read_only, limits.allow_ddl) IS DISTINCT FROM (excluded.read_only, excluded.allow_ddl);
-- A database that was closed to be moved has no row that says so.
SELECT EXISTS (SELECT FROM pgtenants.limits WHERE database = :'database' AND role IS NULL AND (read_only OR NOT allow_ddl))
       OR EXISTS (SELECT FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase
                   WHERE datname = :'database' AND setrole = 0 AND 'default_transaction_read_only=on' = ANY (setconfig)) AS inside \gset
\if :inside
\connect :"database"
