-- Makes what is declared inside a tenant's server what the key "declared" of the variable "spec" says: roles, further databases and settings here,
-- what is in a database in declaredInside.sql and its neighbours, which come once for each, and what goes for good in declaredAbsent.sql. Goes on where tenant.sql ends.
--
-- Each query gives a row for everything that differs, and the statement that puts it right: where nothing differs nothing is done. A look, which
-- components/declaredLook.ts takes, sets "pick" to get the rows themselves, and changes nothing.
-- A role that was declared carries a mark, with the digest of its verifier: one whose entry is gone, or that came with a copy of another tenant, loses LOGIN.

\if :{?pick}
\else
\set pick statement
\endif
\if :{?moved}
\else
\set moved false
\endif
SELECT :'spec'::jsonb ? 'declared' OR EXISTS (
         SELECT FROM pg_roles WHERE shobj_description(oid, 'pg_authid') LIKE 'pgtenants: declared%') AS declares \gset
\if :declares

SELECT :pick FROM (
  SELECT 'declared-role' AS kind, format('role %s', name) AS name, 'none' AS found, 'one' AS expected, format('CREATE ROLE %I', name) AS statement
    FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'roles') AS role(name text)
   WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)) AS planned
\gexec
-- A look knows no verifiers: there the mark says which one was deployed.
SELECT :pick FROM (
  SELECT 'declared-role' AS kind, format('role %s', rolname) AS name,
         concat_ws(', ',
           CASE WHEN rolcanlogin <> enters THEN CASE WHEN rolcanlogin THEN 'may log in' ELSE 'may not log in' END END,
           CASE WHEN rolconnlimit <> role."connectionLimit" THEN format('%s connections', rolconnlimit) END,
           CASE WHEN rolvaliduntil < 'infinity' THEN 'a password with an end' END,
           CASE WHEN password IS DISTINCT FROM wanted THEN 'another password' END,
           CASE WHEN NOT rolinherit THEN 'no rights of the roles that it is in' END,
           CASE WHEN strong THEN 'rights as good as a superuser''s' END) AS found,
         format('%s, %s connections, its own password', CASE WHEN enters THEN 'may log in' ELSE 'may not log in' END, role."connectionLimit") AS expected,
         format('ALTER ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT %s CONNECTION LIMIT %s VALID UNTIL ''infinity'' PASSWORD %L',
                rolname, CASE WHEN enters THEN 'LOGIN' ELSE 'NOLOGIN' END, role."connectionLimit", role.verifier) AS statement
    FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'roles') AS role(name text, login boolean, "connectionLimit" integer, verifier text)
    JOIN pg_authid ON rolname = role.name
   CROSS JOIN LATERAL (SELECT
         role.login AND (:'spec'::jsonb->'access'->>'login')::boolean AS enters,
         rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS strong,
         CASE WHEN rolpassword IS NULL THEN 'none' ELSE encode(sha256(convert_to(rolpassword, 'UTF8')), 'hex') END AS password,
         CASE WHEN NOT role.login THEN 'none'
              ELSE coalesce(encode(sha256(convert_to(role.verifier, 'UTF8')), 'hex'),
                            substring(shobj_description(pg_authid.oid, 'pg_authid') FROM '[0-9a-f]{64}$')) END AS wanted) AS state
   WHERE rolcanlogin <> enters OR rolconnlimit <> role."connectionLimit" OR rolvaliduntil < 'infinity' OR NOT rolinherit OR strong
      OR password IS DISTINCT FROM wanted) AS planned
\gexec
SELECT :pick FROM (
  SELECT 'declared-role' AS kind, format('role %s', rolname) AS name, 'no mark' AS found, 'the mark of declared roles' AS expected,
         format('COMMENT ON ROLE %I IS %L', rolname, mark) AS statement
    FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'roles') AS role(name text, verifier text)
    JOIN pg_authid ON rolname = role.name
   CROSS JOIN LATERAL (SELECT concat_ws(' ', 'pgtenants: declared', encode(sha256(convert_to(role.verifier, 'UTF8')), 'hex')) AS mark) AS marked
   WHERE NOT coalesce(starts_with(shobj_description(pg_authid.oid, 'pg_authid'), mark), false)) AS planned
\gexec
SELECT :pick FROM (
  SELECT 'declared-role' AS kind, format('role %s', rolname) AS name, 'may log in' AS found, 'may not: it has no entry' AS expected,
         format('ALTER ROLE %I NOLOGIN PASSWORD NULL', rolname) AS statement
    FROM pg_authid
   WHERE shobj_description(oid, 'pg_authid') LIKE 'pgtenants: declared%' AND (rolcanlogin OR rolpassword IS NOT NULL)
     AND NOT EXISTS (SELECT FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'roles') AS role(name text) WHERE role.name = rolname)) AS planned
\gexec
-- Of no force, since a session can switch it off: it stops what a role that only reads would do by mistake, by way of functions for instance.
SELECT :pick FROM (
  SELECT 'declared-role' AS kind, format('role %s', rolname) AS name,
         format('default_transaction_read_only %s', CASE WHEN friendly THEN 'set' ELSE 'not set' END) AS found,
         format('%s', CASE WHEN friendly THEN 'not set' ELSE 'set' END) AS expected,
         format('ALTER ROLE %I %s', rolname, CASE WHEN friendly THEN 'RESET default_transaction_read_only' ELSE 'SET default_transaction_read_only = on' END) AS statement
    FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'roles') AS role(name text, "readOnly" boolean)
    JOIN pg_roles ON rolname = role.name
   CROSS JOIN LATERAL (SELECT EXISTS (
         SELECT FROM pg_db_role_setting WHERE setrole = oid AND setdatabase = 0 AND 'default_transaction_read_only=on' = ANY (setconfig)) AS friendly) AS state
   WHERE friendly <> role."readOnly") AS planned
\gexec

SELECT :pick FROM (
  SELECT 'declared-membership' AS kind, format('role %s', member.rolname) AS name,
         format('is in %s%s', granted.rolname, CASE WHEN admin_option THEN ', and may let others in' ELSE '' END) AS found,
         coalesce('in ' || nullif(concat_ws(', ', VARIADIC ARRAY(SELECT jsonb_array_elements_text(role."inRoles"))), ''), 'in none') AS expected,
         format('REVOKE %I FROM %I GRANTED BY %I CASCADE', granted.rolname, member.rolname, grantor.rolname) AS statement
    FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'roles') AS role(name text, "inRoles" jsonb)
    JOIN pg_roles AS member ON member.rolname = role.name
    JOIN pg_auth_members AS membership ON membership.member = member.oid
    JOIN pg_roles AS granted ON granted.oid = membership.roleid
    JOIN pg_roles AS grantor ON grantor.oid = membership.grantor
   WHERE admin_option OR NOT role."inRoles" ? granted.rolname) AS planned
\gexec
SELECT :pick FROM (
  SELECT 'declared-membership' AS kind, format('role %s', role.name) AS name, format('is not in %s', parent) AS found, format('in %s', parent) AS expected,
         format('GRANT %I TO %I WITH ADMIN FALSE, INHERIT TRUE, SET TRUE', parent, role.name) AS statement
    FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'roles') AS role(name text, "inRoles" jsonb)
   CROSS JOIN jsonb_array_elements_text(role."inRoles") AS parent
   WHERE NOT EXISTS (
           SELECT FROM pg_auth_members
             JOIN pg_roles AS granted ON granted.oid = roleid
             JOIN pg_roles AS member ON member.oid = pg_auth_members.member
            WHERE granted.rolname = parent AND member.rolname = role.name AND inherit_option AND set_option)) AS planned
\gexec

SELECT :pick FROM (
  SELECT 'declared-database' AS kind, format('database %s', name) AS name, 'none' AS found, 'one' AS expected,
         format('CREATE DATABASE %I OWNER %I STRATEGY = file_copy', name, :'spec'::jsonb->>'owner') AS statement
    FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'databases') AS further(name text)
   WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name)) AS planned
\gexec
SELECT :pick FROM (
  SELECT 'declared-database' AS kind, format('database %s', datname) AS name, found, expected, statement
    FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'databases') AS further(name text)
    JOIN pg_database ON datname = further.name
   CROSS JOIN LATERAL (VALUES
         (pg_get_userbyid(datdba) <> :'spec'::jsonb->>'owner', format('is %s''s', pg_get_userbyid(datdba)), format('is %s''s', :'spec'::jsonb->>'owner'),
          format('ALTER DATABASE %I OWNER TO %I', datname, :'spec'::jsonb->>'owner')),
         (NOT datallowconn, 'takes no connections', 'takes connections', format('ALTER DATABASE %I ALLOW_CONNECTIONS true', datname)),
         (datconnlimit <> -1, format('%s connections', datconnlimit), 'no limit', format('ALTER DATABASE %I CONNECTION LIMIT -1', datname)),
         (EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0),
          'everybody has rights', 'nothing for everybody', format('REVOKE ALL ON DATABASE %I FROM PUBLIC', datname))
       ) AS state(differs, found, expected, statement)
   WHERE differs) AS planned
\gexec
-- So that it is never taken for the tenant's own database under another name.
SELECT :'pick' = 'statement' AS acts \gset
\if :acts
INSERT INTO pgtenants.databases
SELECT oid, false
  FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'databases') AS further(name text) JOIN pg_database ON datname = further.name
ON CONFLICT DO NOTHING;
\endif

SELECT :pick FROM (
  SELECT 'declared-grant' AS kind, format('role %s', rolname) AS name, format('may not connect to %s as it should', datname) AS found, privileges AS expected,
         format('GRANT %s ON DATABASE %I TO %I', privileges, datname, rolname) AS statement
    FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'roles') AS role(name text, "readOnly" boolean)
    JOIN pg_roles ON rolname = role.name
   CROSS JOIN LATERAL (SELECT CASE WHEN role."readOnly" THEN 'CONNECT' ELSE 'CONNECT, TEMPORARY' END AS privileges) AS given
    JOIN pg_database ON datname = :'spec'::jsonb->>'database'
                     OR datname IN (SELECT name FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'databases') AS further(name text))
   WHERE NOT string_to_array(privileges, ', ') <@ ARRAY(SELECT privilege_type FROM aclexplode(datacl) WHERE grantee = pg_roles.oid)) AS planned
\gexec
SELECT :pick FROM (
  SELECT 'declared-grant' AS kind, format('role %s', rolname) AS name, format('may %s in database %s', lower(privilege_type), datname) AS found,
         'only reads' AS expected,
         format('REVOKE %s ON DATABASE %I FROM %I CASCADE', privilege_type, datname, rolname) AS statement
    FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'roles') AS role(name text, "readOnly" boolean)
    JOIN pg_roles ON rolname = role.name AND role."readOnly"
    JOIN pg_database ON NOT datistemplate
   CROSS JOIN aclexplode(datacl) AS given
   WHERE grantee = pg_roles.oid AND privilege_type <> 'CONNECT') AS planned
\gexec

-- Set by tenant.sql already: here it is looked at only.
SELECT :pick FROM (
  SELECT 'declared-setting' AS kind, format('setting %s', wanted.key) AS name, coalesce(written.setting, 'not set') AS found, wanted.value AS expected,
         format('ALTER SYSTEM SET %I = %L', wanted.key, wanted.value) AS statement
    FROM jsonb_each_text(:'spec'::jsonb->'declared'->'settings') AS wanted
    LEFT JOIN (SELECT DISTINCT ON (name) name, setting FROM pg_file_settings WHERE sourcefile LIKE '%/postgresql.auto.conf' ORDER BY name, seqno DESC) AS written
           ON written.name = wanted.key
   WHERE written.setting IS DISTINCT FROM wanted.value) AS planned
\gexec

SELECT :pick FROM (
  SELECT format('DO %L', format('BEGIN PERFORM pg_catalog.pg_terminate_backend(%s); END', pid)) AS statement
    FROM pg_stat_activity JOIN pg_roles ON pg_roles.oid = usesysid
   WHERE :'pick' = 'statement' AND shobj_description(pg_roles.oid, 'pg_authid') LIKE 'pgtenants: declared%'
     AND (:'moved'::boolean OR NOT rolcanlogin)) AS planned(statement)
 CROSS JOIN (SELECT NULL, NULL, NULL, NULL) AS unused(kind, name, found, expected)
\gexec

-- What is dropped now. One confirmation drops once, within two weeks: what is made again, or brought back from a backup, needs another one.
-- A day ahead is today in another time zone.
SELECT to_regclass('pgtenants.dropped') IS NOT NULL AS remembers \gset
\set used []
\if :remembers
SELECT coalesce(jsonb_agg(confirmation), '[]') AS used FROM pgtenants.dropped \gset
\endif
-- A database that is called otherwise meanwhile is the same.
SELECT coalesce(jsonb_agg(absent || jsonb_build_object('datid', oid::text)), '[]') AS drops
  FROM jsonb_array_elements(:'spec'::jsonb->'declared'->'absent') AS absent LEFT JOIN pg_database ON datname = absent->>'database'
 WHERE :'pick' = 'statement' AND NOT :{?restored}::boolean
   AND NOT :'used'::jsonb @> jsonb_build_array((absent - 'database') || jsonb_build_object('datid', oid::text))
   AND (absent->>'confirmed')::date BETWEEN current_date - 14 AND current_date + 1 \gset
SELECT :pick FROM (
  SELECT 'declared-absent' AS kind, format('%s %s', absent.kind, absent.name) AS name, 'is there' AS found, 'dropped' AS expected
    FROM jsonb_to_recordset(:'spec'::jsonb->'declared'->'absent') AS absent(kind text, name text)
   WHERE :'pick' <> 'statement'
     AND (kind = 'role' AND EXISTS (SELECT FROM pg_roles WHERE rolname = name)
       OR kind = 'database' AND EXISTS (SELECT FROM pg_database WHERE datname = name))) AS planned
 CROSS JOIN (SELECT NULL) AS unused(statement)
\gexec
\endif
