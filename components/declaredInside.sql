-- What is declared inside a database of a tenant's: schemas and extensions. Comes once for each database that "spec" names under "inside", in their
-- order, and after it declaredGrants.sql and declaredLeave.sql. Each database is the tenant's own: nothing of its may count here, such as settings for
-- search_path, role or time-outs.

\if :{?position}
\else
\set position -1
\endif
SELECT :position + 1 AS position \gset
SELECT name AS inside, EXISTS (SELECT FROM pg_database WHERE datname = name AND datallowconn) AS there
  FROM (SELECT :'spec'::jsonb->'declared'->'inside'->>:position AS name) AS own \gset
\if :there
\connect :"inside"

SELECT coalesce(
         jsonb_path_query_first(:'spec'::jsonb, '$.declared.contents[*] ? (@.name == $name)', jsonb_build_object('name', :'inside')),
         '{}') AS contents \gset

SELECT :pick FROM (
  SELECT 'declared-schema' AS kind, format('schema %s of %s', name, :'inside') AS name, 'none' AS found, 'one' AS expected,
         format('CREATE SCHEMA %I AUTHORIZATION %I', name, owner) AS statement
    FROM jsonb_to_recordset(:'contents'::jsonb->'schemas') AS schema(name text, owner text)
   WHERE NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = name)) AS planned
\gexec
SELECT :pick FROM (
  SELECT 'declared-schema' AS kind, format('schema %s of %s', nspname, :'inside') AS name, format('is %s''s', pg_get_userbyid(nspowner)) AS found,
         format('is %s''s', owner) AS expected, format('ALTER SCHEMA %I OWNER TO %I', nspname, owner) AS statement
    FROM jsonb_to_recordset(:'contents'::jsonb->'schemas') AS schema(name text, owner text)
    JOIN pg_namespace ON nspname = schema.name
   WHERE pg_get_userbyid(nspowner) <> owner) AS planned
\gexec
SELECT :pick FROM (
  SELECT 'declared-schema' AS kind, format('schema %s of %s', nspname, :'inside') AS name, format('%s may not use it', rolname) AS found, 'may' AS expected,
         format('GRANT %s ON SCHEMA %I TO %I', CASE WHEN closed THEN 'USAGE' ELSE 'ALL' END, nspname, rolname) AS statement
    FROM jsonb_to_recordset(:'contents'::jsonb->'schemas') AS schema(name text, owner text)
    JOIN pg_namespace ON nspname = schema.name
    JOIN pg_roles ON rolname = :'spec'::jsonb->>'owner'
   CROSS JOIN (SELECT (limits->>'readOnly')::boolean OR NOT (limits->>'allowDdl')::boolean AS closed FROM (SELECT :'spec'::jsonb->'limits' AS limits) AS given) AS limited
   WHERE schema.owner <> rolname AND pg_get_userbyid(nspowner) = schema.owner
     AND NOT (has_schema_privilege(pg_roles.oid, pg_namespace.oid, 'USAGE') AND (closed OR has_schema_privilege(pg_roles.oid, pg_namespace.oid, 'CREATE')))) AS planned
\gexec

-- Told before PostgreSQL's own words, which name neither the entry nor what there is.
SELECT format('DO %L', format('BEGIN RAISE EXCEPTION USING MESSAGE = %L; END', format(
         'extension %s of %s: got the version "%s", expected one that the image has%s: %s; name one of these in the entry, or "latest"',
         extension.name, :'inside', extension.version, ' and that can be reached from ' || extversion, coalesce(versions, 'none'))))
  FROM jsonb_to_recordset(:'contents'::jsonb->'extensions') AS extension(name text, version text)
  LEFT JOIN pg_extension ON extname = extension.name
 CROSS JOIN LATERAL (
   SELECT string_agg(known.version, ', ' ORDER BY known.version) AS versions FROM pg_available_extension_versions AS known
    WHERE known.name = extension.name) AS available
 WHERE :'pick' = 'statement' AND extension.version <> 'latest' AND extension.version IS DISTINCT FROM extversion
   AND NOT CASE WHEN extversion IS NULL
                THEN EXISTS (SELECT FROM pg_available_extension_versions AS known WHERE known.name = extension.name AND known.version = extension.version)
                ELSE EXISTS (SELECT FROM pg_extension_update_paths(extension.name) WHERE source = extversion AND target = extension.version AND path IS NOT NULL) END
 LIMIT 1
\gexec

-- What PostgreSQL trusts is the tenant's, as if it had made it by itself; the rest is the superuser's.
SELECT :pick FROM (
  SELECT 'declared-extension' AS kind, format('extension %s of %s', name, :'inside') AS name, 'none' AS found, 'one' AS expected,
         CASE WHEN trusted THEN format('SET ROLE %I; %s; RESET ROLE', :'spec'::jsonb->>'owner', creation) ELSE creation END AS statement
    FROM jsonb_to_recordset(:'contents'::jsonb->'extensions') AS extension(name text, version text, trusted boolean)
   CROSS JOIN LATERAL (SELECT format('CREATE EXTENSION %I SCHEMA public%s CASCADE', name, ' VERSION ' || quote_literal(nullif(version, 'latest'))) AS creation) AS made
   WHERE NOT EXISTS (SELECT FROM pg_extension WHERE extname = name)) AS planned
\gexec
SELECT :pick FROM (
  SELECT 'declared-extension' AS kind, format('extension %s of %s', extname, :'inside') AS name, extversion AS found, wanted AS expected,
         format('ALTER EXTENSION %I UPDATE TO %L', extname, wanted) AS statement
    FROM jsonb_to_recordset(:'contents'::jsonb->'extensions') AS extension(name text, version text)
    JOIN pg_extension ON extname = extension.name
    JOIN pg_available_extensions AS available ON available.name = extname
   CROSS JOIN LATERAL (SELECT CASE extension.version WHEN 'latest' THEN default_version ELSE extension.version END AS wanted) AS chosen
   WHERE wanted <> extversion) AS planned
\gexec
\endif
