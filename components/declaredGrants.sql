-- What declared roles may do in the database that declaredInside.sql has opened.

\if :there
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
  SELECT 'declared-grant' AS kind, format('role %s', reader.rolname) AS name,
         format('may %s %s of %s', lower(string_agg(DISTINCT privilege_type, ', ')), what, :'inside') AS found,
         'only reads' AS expected,
         format('SET ROLE %I; REVOKE %s ON %s FROM %I CASCADE; RESET ROLE', grantor.rolname, string_agg(DISTINCT privilege_type, ', '), what, reader.rolname) AS statement
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
  SELECT 'declared-grant' AS kind, format('role %s', rolname) AS name,
         format('may not read %s of schema %s of %s', lower(what), nspname, :'inside') AS found, 'reads everything' AS expected,
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
  SELECT 'declared-grant' AS kind, format('role %s', reader.rolname) AS name,
         format('gets more than reading of what %s makes in %s', maker.rolname, :'inside') AS found,
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
  SELECT 'declared-grant' AS kind, format('role %s', taker.rolname) AS name,
         format('gets no %s that %s makes in %s', lower(what), maker.rolname, :'inside') AS found,
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
     AND NOT (:'spec'::jsonb->'limits'->>'readOnly')::boolean
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
\endif
