\set spec '{"owner":"acme","verifier":"SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy","database":"acme_prod","settings":{"authentication_timeout":"10s","effective_cache_size":"192MB"}}'
\set ON_ERROR_STOP on
\set VERBOSITY terse
SET search_path = pg_catalog, pg_temp;
SET client_min_messages = warning;
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET log_min_duration_statement = -1;

SELECT format('CREATE ROLE %I', spec->>'owner')
  FROM (SELECT :'spec'::jsonb AS spec) AS input
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = spec->>'owner')
\gexec
SELECT format(
         'ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD %L',
         spec->>'owner', spec->>'verifier')
  FROM (SELECT :'spec'::jsonb AS spec) AS input
\gexec

SELECT format('CREATE DATABASE %I OWNER %I', spec->>'database', spec->>'owner')
  FROM (SELECT :'spec'::jsonb AS spec) AS input
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = spec->>'database')
\gexec
SELECT format('ALTER DATABASE %I OWNER TO %I', spec->>'database', spec->>'owner')
  FROM (SELECT :'spec'::jsonb AS spec) AS input
\gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', datname)
  FROM pg_database
 WHERE datname IN ('postgres', 'template1', :'spec'::jsonb->>'database')
\gexec

ALTER SYSTEM RESET ALL;
SELECT format('ALTER SYSTEM SET %I = %L', key, value)
  FROM jsonb_each_text(:'spec'::jsonb->'settings')
\gexec
SELECT pg_reload_conf() AS reloaded \gset
