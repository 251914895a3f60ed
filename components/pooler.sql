-- The role and the function by which a connection pool asks for verifiers, in database postgres; neither where the tenant has no pool. Runs after
-- tenant.sql, with its settings.
SELECT coalesce((:'spec'::jsonb->>'pooler')::boolean, false) AS pooled,
       EXISTS (SELECT FROM pg_roles WHERE rolname = 'pgtenants_pooler') AS prepared
\gset
\if :pooled
\if :prepared
\else
CREATE ROLE pgtenants_pooler LOGIN;
\endif
GRANT CONNECT ON DATABASE postgres TO pgtenants_pooler;
CREATE SCHEMA IF NOT EXISTS pgtenants;
GRANT USAGE ON SCHEMA pgtenants TO pgtenants_pooler;
-- Of a role that may log in now; and, where a database is given, into that one. A role that is gone, expired or locked out has no row.
CREATE OR REPLACE FUNCTION pgtenants.pooler_credentials(name text, database text)
RETURNS TABLE (rolname text, verifier text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT role.rolname::text, role.rolpassword
    FROM pg_authid AS role
   WHERE role.rolname = $1 AND role.rolcanlogin AND NOT role.rolsuper AND NOT starts_with(role.rolname, 'pgtenants')
     AND coalesce(role.rolvaliduntil > statement_timestamp(), true)
     AND starts_with(role.rolpassword, 'SCRAM-SHA-256$')
     AND ($2 IS NULL OR EXISTS (SELECT FROM pg_database AS found WHERE datname = $2 AND has_database_privilege(role.oid, found.oid, 'CONNECT')));
END;
REVOKE ALL ON FUNCTION pgtenants.pooler_credentials(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pgtenants.pooler_credentials(text, text) TO pgtenants_pooler;
\elif :prepared
DROP FUNCTION IF EXISTS pgtenants.pooler_credentials(text, text);
DROP OWNED BY pgtenants_pooler;
DROP ROLE pgtenants_pooler;
\endif
