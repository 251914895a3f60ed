-- Makes role, database, grants, reloadable settings and sessions what the variable "spec" says, one JSON document that comes before this text.
-- For psql, run by the superuser; may be run any number of times; restarts nothing. Names and values reach statements through format's %I and
-- %L only. A server that the disk guard has made read-only stays so.

-- The verifier must not reach the server's log or this script's error output: hence this block. 10 is the superuser's oid in every cluster.
-- Every other role loses what a superuser could have given it: a cluster that was made elsewhere may have any.
\set ON_ERROR_STOP on
\set VERBOSITY terse
SET search_path = pg_catalog, pg_temp;
SET default_transaction_read_only = off;
SET statement_timeout = 0;
SET lock_timeout = 0;
SET client_min_messages = warning;
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET log_min_duration_statement = -1;

SELECT format('ALTER ROLE %I RENAME TO %I', rolname, :'spec'::jsonb->>'owner')
  FROM pg_roles AS role
 WHERE shobj_description(oid, 'pg_authid') = 'pgtenants: owner'
   AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'spec'::jsonb->>'owner')
 ORDER BY EXISTS (SELECT FROM pg_database WHERE datdba = role.oid) DESC, oid LIMIT 1
\gexec
SELECT format('CREATE ROLE %I', spec->>'owner')
  FROM (SELECT :'spec'::jsonb AS spec) AS input
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = spec->>'owner')
\gexec
SELECT format(
         'ALTER ROLE %I %s CONNECTION LIMIT %s PASSWORD %L',
         spec->>'owner',
         CASE WHEN (spec->'access'->>'login')::boolean THEN 'LOGIN' ELSE 'NOLOGIN' END,
         (spec->>'connectionLimit')::integer,
         spec->>'verifier')
  FROM (SELECT :'spec'::jsonb AS spec) AS input
\gexec
SELECT format('ALTER ROLE %I NOLOGIN', rolname)
  FROM pg_roles
 WHERE shobj_description(oid, 'pg_authid') = 'pgtenants: owner' AND rolname <> :'spec'::jsonb->>'owner' AND rolcanlogin
\gexec
SELECT format('COMMENT ON ROLE %I IS %L', :'spec'::jsonb->>'owner', 'pgtenants: owner')
\gexec
SELECT format('REVOKE %I FROM %I GRANTED BY %I CASCADE', granted.rolname, member.rolname, grantor.rolname)
  FROM pg_auth_members AS membership
  JOIN pg_roles AS granted ON granted.oid = membership.roleid
  JOIN pg_roles AS member ON member.oid = membership.member
  JOIN pg_roles AS grantor ON grantor.oid = membership.grantor
 WHERE granted.oid = 10 OR granted.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')
\gexec
SELECT DISTINCT format('REVOKE ALL ON PARAMETER %I FROM %s CASCADE', parname,
                       CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
  FROM pg_parameter_acl, aclexplode(paracl)
 WHERE grantee <> 10
\gexec
SELECT format('ALTER ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', rolname)
  FROM pg_roles
 WHERE oid <> 10 AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)
\gexec

-- Which database is the tenant's own, and which are further ones, in a table that the tenant cannot write to: it may comment on its databases.
CREATE SCHEMA IF NOT EXISTS pgtenants;
CREATE TABLE IF NOT EXISTS pgtenants.databases (datid oid PRIMARY KEY, main boolean NOT NULL);
DELETE FROM pgtenants.databases WHERE datid NOT IN (SELECT oid FROM pg_database);
SELECT count(*) = 1 AND bool_and(datname <> :'spec'::jsonb->>'database') AS renamed, coalesce(min(datname), '') AS previous
  FROM pg_database LEFT JOIN pgtenants.databases AS known ON datid = oid
 WHERE (main OR pg_get_userbyid(datdba) = :'spec'::jsonb->>'owner' AND main IS NULL AND NOT EXISTS (SELECT FROM pgtenants.databases WHERE main))
   AND NOT EXISTS (SELECT FROM pg_database WHERE datname = :'spec'::jsonb->>'database')
\gset
\if :renamed
SELECT format('ALTER DATABASE %I ALLOW_CONNECTIONS false', :'previous')
\gexec
SELECT pg_terminate_backend(pid, 10000) AS ended FROM pg_stat_activity WHERE datname = :'previous'
\g /dev/null
SELECT format('ALTER DATABASE %I RENAME TO %I', :'previous', :'spec'::jsonb->>'database')
\gexec
\endif
-- Copied as files: by way of the log, PostgreSQL's default, the copy fills all shared buffers and leaves them so, 14 MiB of an idle tenant's 23.
SELECT format('CREATE DATABASE %I OWNER %I STRATEGY = file_copy', spec->>'database', spec->>'owner')
  FROM (SELECT :'spec'::jsonb AS spec) AS input
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = spec->>'database')
\gexec
SELECT format('ALTER DATABASE %I OWNER TO %I', spec->>'database', spec->>'owner')
  FROM (SELECT :'spec'::jsonb AS spec) AS input
\gexec
SELECT format('ALTER DATABASE %I ALLOW_CONNECTIONS true', datname)
  FROM pg_database WHERE datname = :'spec'::jsonb->>'database' AND NOT datallowconn
\gexec
DELETE FROM pgtenants.databases USING pg_database WHERE oid = datid AND main AND datname <> :'spec'::jsonb->>'database';
INSERT INTO pgtenants.databases SELECT oid, true FROM pg_database WHERE datname = :'spec'::jsonb->>'database'
ON CONFLICT (datid) DO UPDATE SET main = true WHERE NOT databases.main;
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', datname)
  FROM pg_database
 WHERE datname IN ('postgres', 'template1', :'spec'::jsonb->>'database')
\gexec

SELECT format('ALTER SYSTEM RESET %I', name)
  FROM (SELECT DISTINCT name FROM pg_file_settings WHERE sourcefile LIKE '%/postgresql.auto.conf') AS written
 WHERE name NOT IN ('default_transaction_read_only', 'pgtenants.allow')
   AND NOT :'spec'::jsonb->'settings' ? name
\gexec
SELECT format('ALTER SYSTEM SET %I = %L', key, value)
  FROM jsonb_each_text(:'spec'::jsonb->'settings')
\gexec

SELECT coalesce(current_setting('pgtenants.allow', true) <> (:'spec'::jsonb->'access'->>'allow'), false) AS moved \gset
SELECT format('ALTER SYSTEM SET %I = %L', 'pgtenants.allow', :'spec'::jsonb->'access'->>'allow')
\gexec
SELECT pg_reload_conf() AS reloaded \gset
SELECT pg_terminate_backend(pid) AS ended
  FROM pg_stat_activity
 WHERE usename IN (SELECT rolname FROM pg_roles WHERE shobj_description(oid, 'pg_authid') = 'pgtenants: owner')
   AND (:'moved'::boolean OR NOT (:'spec'::jsonb->'access'->>'login')::boolean)
\g /dev/null
