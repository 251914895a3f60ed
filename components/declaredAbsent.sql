-- Drops the databases and roles that are declared absent and confirmed, and remembers every confirmation, so that it drops nothing again: not what
-- is made anew under the name, nor what comes back from a backup.

SELECT format('ALTER DATABASE %I ALLOW_CONNECTIONS false IS_TEMPLATE false', datname)
  FROM jsonb_to_recordset(:'drops') AS absent(kind text, name text)
  JOIN pg_database ON datname = absent.name
 WHERE kind = 'database' AND datname <> :'spec'::jsonb->>'database' AND pg_get_userbyid(datdba) = :'spec'::jsonb->>'owner'
\gexec
SELECT format('DROP DATABASE %I WITH (FORCE)', datname)
  FROM jsonb_to_recordset(:'drops') AS absent(kind text, name text)
  JOIN pg_database ON datname = absent.name
 WHERE kind = 'database' AND datname <> :'spec'::jsonb->>'database' AND pg_get_userbyid(datdba) = :'spec'::jsonb->>'owner'
\gexec

-- Its sessions have ended: it has been without LOGIN since declared.sql. The terse error of DROP ROLE would not say where it still has something.
SELECT CASE WHEN elsewhere IS NULL THEN format('DROP ROLE %I', rolname)
            ELSE format('DO %L', format('BEGIN RAISE EXCEPTION USING MESSAGE = %L; END',
                   format('role %s cannot be dropped: it has something in database %s, which is not in the file; declare that database, or hand it over by REASSIGN OWNED', rolname, elsewhere))) END
  FROM jsonb_to_recordset(:'drops') AS absent(kind text, name text)
  JOIN pg_roles ON rolname = absent.name
 CROSS JOIN LATERAL (
   SELECT string_agg(DISTINCT datname, ', ') AS elsewhere
     FROM pg_shdepend JOIN pg_database ON pg_database.oid = dbid
    WHERE refclassid = 'pg_authid'::regclass AND refobjid = pg_roles.oid) AS left_over
 WHERE kind = 'role' AND rolname <> :'spec'::jsonb->>'owner' AND pg_roles.oid <> 10 AND rolname !~ '^pg_'
\gexec

CREATE SCHEMA IF NOT EXISTS pgtenants;
CREATE TABLE IF NOT EXISTS pgtenants.dropped (confirmation jsonb PRIMARY KEY);
INSERT INTO pgtenants.dropped
SELECT (absent - 'database') || jsonb_build_object('datid', oid::text)
  FROM jsonb_array_elements(:'spec'::jsonb->'declared'->'absent') AS absent LEFT JOIN pg_database ON datname = absent->>'database'
ON CONFLICT DO NOTHING;
