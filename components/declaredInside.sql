-- What is declared inside a database of a tenant's: schemas, extensions, and what roles may read. Comes once for each database that "spec" names
-- under "inside", in their order. Each is the tenant's own: nothing of its may count here, such as settings for search_path, role or time-outs.

\if :{?position}
\else
\set position -1
\endif
\if :{?session}
\else
\set session '-c default_transaction_read_only=off -c statement_timeout=0'
\endif
SELECT :position + 1 AS position \gset
SELECT name AS inside, EXISTS (SELECT FROM pg_database WHERE datname = name AND datallowconn) AS there,
       format('dbname=%s options=''%s -c role=none -c search_path=pg_catalog,pg_temp -c lock_timeout=0 -c transaction_timeout=0 -c client_min_messages=warning '
              '-c log_statement=none -c log_min_error_statement=panic -c log_min_duration_statement=-1''', name, :'session') AS target
  FROM (SELECT :'spec'::jsonb->'declared'->'inside'->>:position AS name) AS own \gset
\if :there
\connect -reuse-previous=on :target

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
         format('GRANT ALL ON SCHEMA %I TO %I', nspname, rolname) AS statement
    FROM jsonb_to_recordset(:'contents'::jsonb->'schemas') AS schema(name text, owner text)
    JOIN pg_namespace ON nspname = schema.name
    JOIN pg_roles ON rolname = :'spec'::jsonb->>'owner'
   WHERE schema.owner <> rolname AND pg_get_userbyid(nspowner) = schema.owner
     AND NOT (has_schema_privilege(pg_roles.oid, pg_namespace.oid, 'USAGE') AND has_schema_privilege(pg_roles.oid, pg_namespace.oid, 'CREATE'))) AS planned
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

-- Roles that only read. Not by pg_read_all_data: that one reads the verifiers of everybody's passwords, too.
SELECT :pick FROM (
  SELECT 'declared-grant' AS kind, format('role %s', rolname) AS name, format('owns something in %s', :'inside') AS found, 'only reads' AS expected,
         format('REASSIGN OWNED BY %I TO %I', rolname, :'spec'::jsonb->>'owner') AS statement
    FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'roles') AS role(name text, "readOnly" boolean)
    JOIN pg_roles ON rolname = role.name AND role."readOnly"
   WHERE EXISTS (
           SELECT FROM pg_shdepend
            WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND refclassid = 'pg_authid'::regclass AND refobjid = pg_roles.oid AND deptype = 'o' AND classid <> 'pg_default_acl'::regclass)) AS planned
\gexec
SELECT :pick FROM (
  SELECT 'declared-grant' AS kind, format('role %s', reader.rolname) AS name, format('may %s %s of %s', lower(string_agg(DISTINCT privilege_type, ', ')), what, :'inside') AS found,
         'only reads' AS expected, format('SET ROLE %I; REVOKE %s ON %s FROM %I CASCADE; RESET ROLE', grantor.rolname, string_agg(DISTINCT privilege_type, ', '), what, reader.rolname) AS statement
    FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'roles') AS role(name text, "readOnly" boolean)
    JOIN pg_roles AS reader ON reader.rolname = role.name AND role."readOnly"
    JOIN (SELECT format('%s %s', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, pg_class.oid::regclass) AS what, given.*
            FROM pg_class CROSS JOIN aclexplode(relacl) AS given WHERE privilege_type <> 'SELECT'
          UNION ALL
          SELECT format('TABLE %s', attrelid::regclass), given.*
            FROM pg_attribute CROSS JOIN aclexplode(attacl) AS given WHERE privilege_type <> 'SELECT'
          UNION ALL
          SELECT format('SCHEMA %I', nspname), given.*
            FROM pg_namespace CROSS JOIN aclexplode(nspacl) AS given WHERE privilege_type <> 'USAGE'
          UNION ALL
          SELECT format('LARGE OBJECT %s', pg_largeobject_metadata.oid), given.*
            FROM pg_largeobject_metadata CROSS JOIN aclexplode(lomacl) AS given WHERE privilege_type <> 'SELECT') AS further ON further.grantee = reader.oid
    JOIN pg_roles AS grantor ON grantor.oid = further.grantor
   GROUP BY reader.rolname, grantor.rolname, what) AS planned
\gexec
SELECT :pick FROM (
  SELECT 'declared-grant' AS kind, format('role %s', rolname) AS name, format('may not read %s of schema %s of %s', lower(what), nspname, :'inside') AS found, 'reads everything' AS expected,
         format('GRANT SELECT ON ALL %s IN SCHEMA %I TO %I', what, nspname, rolname) AS statement
    FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'roles') AS role(name text, "readOnly" boolean)
    JOIN pg_roles ON rolname = role.name AND role."readOnly"
    JOIN pg_namespace ON nspname !~ '^(pg_|pgtenants)' AND nspname <> 'information_schema'
   CROSS JOIN (VALUES ('TABLES', '{r,p,v,m,f}'::"char"[]), ('SEQUENCES', '{S}')) AS kinds(what, relkinds)
   WHERE EXISTS (SELECT FROM pg_class WHERE relnamespace = pg_namespace.oid AND relkind = ANY (relkinds)
                    AND NOT CASE relkind WHEN 'S' THEN has_sequence_privilege(pg_roles.oid, pg_class.oid, 'SELECT')
                                         ELSE has_table_privilege(pg_roles.oid, pg_class.oid, 'SELECT') END)
  UNION ALL
  SELECT 'declared-grant', format('role %s', rolname), format('may not use schema %s of %s', nspname, :'inside'), 'reads everything',
         format('GRANT USAGE ON SCHEMA %I TO %I', nspname, rolname)
    FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'roles') AS role(name text, "readOnly" boolean)
    JOIN pg_roles ON rolname = role.name AND role."readOnly"
    JOIN pg_namespace ON nspname !~ '^(pg_|pgtenants)' AND nspname <> 'information_schema'
   WHERE NOT has_schema_privilege(pg_roles.oid, pg_namespace.oid, 'USAGE')
  UNION ALL
  SELECT 'declared-grant', format('role %s', rolname), format('may not read %s large objects of %s', count(*), :'inside'), 'reads everything',
         format('GRANT SELECT ON LARGE OBJECT %s TO %I', string_agg(large.oid::text, ', '), rolname)
    FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'roles') AS role(name text, "readOnly" boolean)
    JOIN pg_roles ON rolname = role.name AND role."readOnly"
    JOIN pg_largeobject_metadata AS large ON NOT has_largeobject_privilege(pg_roles.oid, large.oid, 'SELECT')
   GROUP BY rolname) AS planned
\gexec

-- What is made later, by whom and for whom: roles that only read get to read it, and the tenant's role gets all of what other roles make.
SELECT :pick FROM (
  SELECT 'declared-grant' AS kind, format('role %s', reader.rolname) AS name, format('gets more than reading of what %s makes in %s', maker.rolname, :'inside') AS found,
         'only reads' AS expected,
         format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s REVOKE ALL ON %s FROM %I', maker.rolname, ' IN SCHEMA ' || quote_ident(nspname),
                CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'n' THEN 'SCHEMAS' WHEN 'L' THEN 'LARGE OBJECTS' END, reader.rolname) AS statement
    FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'roles') AS role(name text, "readOnly" boolean)
    JOIN pg_roles AS reader ON reader.rolname = role.name AND role."readOnly"
    JOIN pg_default_acl ON defaclobjtype IN ('r', 'S', 'n', 'L')
    LEFT JOIN pg_namespace ON pg_namespace.oid = defaclnamespace
    JOIN pg_roles AS maker ON maker.oid = defaclrole
   WHERE EXISTS (SELECT FROM aclexplode(defaclacl)
                  WHERE grantee = reader.oid AND privilege_type <> CASE defaclobjtype WHEN 'n' THEN 'USAGE' ELSE 'SELECT' END)) AS planned
\gexec
SELECT :pick FROM (
  SELECT 'declared-grant' AS kind, format('role %s', taker.rolname) AS name, format('gets no %s that %s makes in %s', lower(what), maker.rolname, :'inside') AS found,
         format('gets them') AS expected,
         format('ALTER DEFAULT PRIVILEGES FOR ROLE %I GRANT %s ON %s TO %I', maker.rolname, CASE WHEN reads THEN privilege ELSE 'ALL' END, what, taker.rolname) AS statement
    FROM (SELECT taker.name AS taker, maker.name AS maker, taker.reads
            FROM (SELECT name, true AS reads FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'roles') AS role(name text, "readOnly" boolean) WHERE "readOnly"
                  UNION ALL SELECT :'spec'::jsonb->>'owner', false) AS taker
           CROSS JOIN (SELECT name FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'roles') AS role(name text, "readOnly" boolean) WHERE NOT "readOnly"
                       UNION ALL SELECT :'spec'::jsonb->>'owner') AS maker
           WHERE taker.name <> maker.name) AS pairs
    JOIN pg_roles AS taker ON taker.rolname = pairs.taker
    JOIN pg_roles AS maker ON maker.rolname = pairs.maker
   CROSS JOIN (VALUES ('r'::"char", 'TABLES', 'SELECT'), ('S', 'SEQUENCES', 'SELECT'), ('n', 'SCHEMAS', 'USAGE'), ('L', 'LARGE OBJECTS', 'SELECT')) AS kinds(type, what, privilege)
   WHERE NOT EXISTS (SELECT FROM pg_default_acl CROSS JOIN aclexplode(defaclacl)
                      WHERE defaclrole = maker.oid AND defaclnamespace = 0 AND defaclobjtype = type AND grantee = taker.oid
                        AND privilege_type = CASE WHEN reads OR type = 'n' THEN privilege ELSE 'UPDATE' END)) AS planned
\gexec

-- Anybody may make large objects, and write into them, unless the functions say otherwise.
SELECT :pick FROM (
  SELECT 'declared-grant' AS kind, 'role ' || rolname AS name, format('may not make large objects in %s', :'inside') AS found, 'may' AS expected,
         format('GRANT EXECUTE ON FUNCTION %s TO %I', function.oid::regprocedure, rolname) AS statement
    FROM pg_proc AS function
    JOIN pg_roles ON rolname = :'spec'::jsonb->>'owner'
                  OR rolname IN (SELECT name FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'roles') AS role(name text, "readOnly" boolean) WHERE NOT "readOnly")
   WHERE function.oid IN ('lo_creat(integer)'::regprocedure, 'lo_create(oid)'::regprocedure, 'lo_from_bytea(oid,bytea)'::regprocedure)
     AND jsonb_path_exists(:'spec'::jsonb, '$.declared.roles[*] ? (@.readOnly == true)')
     AND NOT EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = pg_roles.oid)) AS planned
\gexec
SELECT :pick FROM (
  SELECT 'declared-grant' AS kind, 'roles that only read' AS name, format('may make large objects in %s', :'inside') AS found, 'only read' AS expected,
         format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', function.oid::regprocedure) AS statement
    FROM pg_proc AS function
   WHERE function.oid IN ('lo_creat(integer)'::regprocedure, 'lo_create(oid)'::regprocedure, 'lo_from_bytea(oid,bytea)'::regprocedure)
     AND jsonb_path_exists(:'spec'::jsonb, '$.declared.roles[*] ? (@.readOnly == true)')
     AND EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee = 0)) AS planned
\gexec

-- What goes for good, where that is confirmed. An extension that something depends on is refused by PostgreSQL itself.
SELECT :pick FROM (
  SELECT 'declared-absent' AS kind, format('%s %s of %s', absent.kind, absent.name, :'inside') AS name, 'is there' AS found, 'dropped' AS expected, NULL AS statement
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

\connect -reuse-previous=on 'dbname=postgres'
\endif
