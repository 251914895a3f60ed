-- Drops what is declared absent in the database that declaredInside.sql has opened, and goes back.

\if :there
-- What goes for good, where that is confirmed. An extension that something depends on is refused by PostgreSQL itself.
SELECT :pick FROM (
  SELECT 'declared-absent' AS kind, format('%s %s of %s', absent.kind, absent.name, :'inside') AS name, 'is there' AS found, 'dropped' AS expected,
         NULL AS statement
    FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'absent') AS absent(kind text, name text, database text)
   WHERE :'pick' <> 'statement' AND absent.database = :'inside'
     AND (kind = 'schema' AND EXISTS (SELECT FROM pg_namespace WHERE nspname = name)
       OR kind = 'extension' AND EXISTS (SELECT FROM pg_extension WHERE extname = name))) AS planned
\gexec
SELECT format('DROP EXTENSION %I', extname)
  FROM jsonb_to_recordset(:'drops') AS absent(kind text, name text, database text)
  JOIN pg_extension ON extname = absent.name
 WHERE kind = 'extension' AND database = :'inside'
\gexec
WITH namespace AS (
  SELECT pg_namespace.oid, nspname
    FROM jsonb_to_recordset(:'drops') AS absent(kind text, name text, database text)
    JOIN pg_namespace ON nspname = absent.name
   WHERE kind = 'schema' AND database = :'inside'),
home AS (
  SELECT 'pg_class'::regclass AS classid, oid AS objid, relnamespace AS schema FROM pg_class
  UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace FROM pg_proc
  UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace FROM pg_type
  UNION ALL SELECT 'pg_constraint'::regclass, oid, connamespace FROM pg_constraint
  UNION ALL SELECT 'pg_operator'::regclass, oid, oprnamespace FROM pg_operator
  UNION ALL SELECT 'pg_opclass'::regclass, oid, opcnamespace FROM pg_opclass
  UNION ALL SELECT 'pg_opfamily'::regclass, oid, opfnamespace FROM pg_opfamily
  UNION ALL SELECT 'pg_ts_config'::regclass, oid, cfgnamespace FROM pg_ts_config
  UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictnamespace FROM pg_ts_dict
  UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, stxnamespace FROM pg_statistic_ext
  UNION ALL SELECT 'pg_extension'::regclass, oid, NULL FROM pg_extension
  UNION ALL SELECT 'pg_rewrite'::regclass, pg_rewrite.oid, relnamespace FROM pg_rewrite JOIN pg_class ON pg_class.oid = ev_class
  UNION ALL SELECT 'pg_attrdef'::regclass, pg_attrdef.oid, relnamespace FROM pg_attrdef JOIN pg_class ON pg_class.oid = adrelid
  UNION ALL SELECT 'pg_trigger'::regclass, pg_trigger.oid, relnamespace FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
  UNION ALL SELECT 'pg_policy'::regclass, pg_policy.oid, relnamespace FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid)
SELECT CASE WHEN outside IS NULL THEN format('DROP SCHEMA %I CASCADE', nspname)
            ELSE format('DO %L', format('BEGIN RAISE EXCEPTION USING MESSAGE = %L; END',
                   format('schema %s of %s cannot be dropped: what is outside of it depends on it: %s; drop that before, or move it there', nspname, :'inside', outside))) END
  FROM namespace
 CROSS JOIN LATERAL (
   SELECT string_agg(described, ', ') AS outside
     FROM (SELECT DISTINCT pg_describe_object(pg_depend.classid, pg_depend.objid, pg_depend.objsubid) AS described
             FROM home JOIN pg_depend ON refclassid = home.classid AND refobjid = home.objid AND deptype IN ('n', 'a')
             LEFT JOIN home AS dependent ON dependent.classid = pg_depend.classid AND dependent.objid = pg_depend.objid
            WHERE home.schema = namespace.oid AND dependent.schema IS DISTINCT FROM namespace.oid
            ORDER BY 1 LIMIT 5) AS listed) AS dependents
\gexec
SELECT format('REASSIGN OWNED BY %I TO %I; DROP OWNED BY %I', rolname, :'spec'::jsonb->>'owner', rolname)
  FROM jsonb_to_recordset(:'drops') AS absent(kind text, name text)
  JOIN pg_roles ON rolname = absent.name
 WHERE kind = 'role'
\gexec

\connect postgres
-- At once: what is made anew under the name must not go because something else could not be dropped.
SELECT :'pick' = 'statement' AND :'drops' <> '[]' AS acts \gset
\if :acts
CREATE SCHEMA IF NOT EXISTS pgtenants;
CREATE TABLE IF NOT EXISTS pgtenants.dropped (confirmation jsonb PRIMARY KEY);
INSERT INTO pgtenants.dropped
SELECT absent - 'database' FROM jsonb_array_elements(:'drops') AS absent WHERE absent->>'database' = :'inside' ON CONFLICT DO NOTHING;
\endif
\endif
