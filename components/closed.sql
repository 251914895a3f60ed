
-- Still in the database that closing.sql has opened.
SELECT EXISTS (SELECT FROM pgtenants.taken WHERE kind <> 'SCHEMA') AS frozen \gset
\if :read_only
CALL pgtenants.freeze();
\elif :closed
\if :frozen
CALL pgtenants.thaw();
\endif
CALL pgtenants.refuse_ddl();
\else
CALL pgtenants.thaw();
BEGIN;
SELECT format('ALTER EXTENSION plpgsql DROP %s %s', identified.type, identified.identity)
  FROM pg_depend, pg_identify_object(classid, objid, 0) AS identified
 WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass AND identified.type IN ('schema', 'table', 'view', 'function', 'procedure')
   AND coalesce(identified.schema, identified.name) = 'pgtenants'
\gexec
DROP SCHEMA pgtenants CASCADE;
COMMIT;
\endif
\connect postgres
\endif
INSERT INTO pgtenants.limits (database, datid, statement_ms, idle_in_transaction_ms, lock_ms, read_only, allow_ddl)
SELECT datname, oid, statement, idle, lock, :'read_only', NOT :'closed'
  FROM pg_database, jsonb_to_record(:'spec'::jsonb->'limits') AS limited(statement bigint, idle bigint, lock bigint)
 WHERE datname = :'database'
ON CONFLICT (database, role) DO UPDATE SET
  (datid, statement_ms, idle_in_transaction_ms, lock_ms, read_only, allow_ddl)
  = ROW (excluded.datid, excluded.statement_ms, excluded.idle_in_transaction_ms, excluded.lock_ms, excluded.read_only, excluded.allow_ddl)
 WHERE (limits.datid, limits.statement_ms, limits.idle_in_transaction_ms, limits.lock_ms, limits.read_only, limits.allow_ddl)
       IS DISTINCT FROM (excluded.datid, excluded.statement_ms, excluded.idle_in_transaction_ms, excluded.lock_ms, excluded.read_only, excluded.allow_ddl);
