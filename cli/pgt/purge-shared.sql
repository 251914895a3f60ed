-- Deletes what an instance keeps of the tenant whose first id is in "key": its database or schema, then its role. For psql, by the superuser. Prints
-- what became of it: deleted, none, or open where the role may still log in, and then nothing is changed.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SELECT coalesce(min(rolname), '') AS role, coalesce(bool_or(rolcanlogin), false) AS open, count(*) = 0 AS none
  FROM pg_roles
 WHERE CASE WHEN shobj_description(oid, 'pg_authid') LIKE 'pgtenants: shared {%'
            THEN substr(shobj_description(oid, 'pg_authid'), 19)::jsonb->>'key' = :'key' END
\gset
\if :none
\echo none
\elif :open
\echo open
\else
-- Its owner may have made a template of it, which cannot be dropped.
SELECT format('ALTER DATABASE %I IS_TEMPLATE false', datname), format('DROP DATABASE %I WITH (FORCE)', datname) FROM pg_database WHERE pg_get_userbyid(datdba) = :'role'
\gexec
\connect pgtenants_schemas
SET client_min_messages = warning;
SELECT format('DROP SCHEMA %I CASCADE', nspname) FROM pg_namespace WHERE obj_description(oid, 'pg_namespace') = 'pgtenants: ' || :'key'
\gexec
SELECT format('DROP OWNED BY %I CASCADE', :'role'), format('DROP ROLE %I', :'role')
\gexec
\echo deleted
\endif
