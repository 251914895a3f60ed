-- What pgt drift asks a tenant's server, as its superuser: roles, databases and settings as they are, then the extensions of the tenant's database,
-- then what holds it to its limits, null where it lets nobody in.
-- Prints a line of JSON for each, and no secret: of passwords only whether one is the variable "expected"'s, by the digest of its verifier.
-- Changes nothing. The tenant owns the second database: nothing of its is called there, see the options that this runs with.
SELECT jsonb_build_object(
  'roles', (
    SELECT jsonb_agg(jsonb_build_object(
             'name', rolname,
             'bootstrap', oid = 10,
             'attributes', array_remove(ARRAY[
               CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END,
               CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END], NULL),
             'login', rolcanlogin,
             'connectionLimit', rolconnlimit,
             'validUntil', CASE WHEN rolvaliduntil < 'infinity' THEN rolvaliduntil::text END,
             'password', CASE
               WHEN rolpassword IS NULL THEN 'none'
               WHEN encode(sha256(convert_to(rolpassword, 'UTF8')), 'hex') = :'expected'::jsonb->>'verifierDigest' THEN 'deployed'
               ELSE 'another' END,
             'formerOwner', coalesce(shobj_description(oid, 'pg_authid') = 'pgtenants: owner', false)) ORDER BY rolname)
      FROM pg_authid WHERE rolname !~ '^pg_'),
  'memberships', (
    SELECT coalesce(jsonb_agg(jsonb_build_object('member', member.rolname, 'role', granted.rolname) ORDER BY member.rolname, granted.rolname), '[]')
      FROM pg_auth_members AS membership
      JOIN pg_roles AS granted ON granted.oid = membership.roleid
      JOIN pg_roles AS member ON member.oid = membership.member
     WHERE member.oid <> 10 AND member.rolname !~ '^pg_'),
  'parameterGrants', (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'setting', parname, 'role', CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END) ORDER BY parname, grantee), '[]')
      FROM (SELECT DISTINCT parname, grantee FROM pg_parameter_acl, aclexplode(paracl) WHERE grantee <> 10) AS granted),
  'databases', (
    SELECT jsonb_agg(jsonb_build_object(
             'name', datname,
             'owner', pg_get_userbyid(datdba),
             'open', datallowconn,
             'connectionLimit', datconnlimit,
             'public', ARRAY(SELECT privilege_type FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0 ORDER BY 1)) ORDER BY datname)
      FROM pg_database
     WHERE datname IN ('postgres', 'template1', :'expected'::jsonb->>'database') OR pg_get_userbyid(datdba) = :'expected'::jsonb->>'owner'),
  'altered', (
    SELECT coalesce(jsonb_object_agg(name, setting), '{}')
      FROM (SELECT DISTINCT ON (name) name, setting FROM pg_file_settings
             WHERE sourcefile LIKE '%/postgresql.auto.conf' ORDER BY name, seqno DESC) AS written),
  'written', (
    SELECT coalesce(jsonb_object_agg(name, setting), '{}')
      FROM pg_settings WHERE source = 'configuration file' AND sourcefile NOT LIKE '%/postgresql.auto.conf'),
  'roleSettings', (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
             'role', rolname, 'database', datname, 'databaseOwner', pg_get_userbyid(datdba), 'setting', entry.name, 'value', entry.value,
             'context', context) ORDER BY rolname, datname, entry.name), '[]')
      FROM pg_db_role_setting
      LEFT JOIN pg_database ON pg_database.oid = setdatabase
      LEFT JOIN pg_roles ON pg_roles.oid = setrole
     CROSS JOIN LATERAL (
       SELECT split_part(pair, '=', 1) AS name, substr(pair, strpos(pair, '=') + 1) AS value FROM unnest(setconfig) AS pair) AS entry
      LEFT JOIN pg_settings ON lower(pg_settings.name) = lower(entry.name)));

SELECT to_regclass('pgtenants.limits') IS NOT NULL AS limited \gset
\set limits null
\if :limited
SELECT coalesce(to_jsonb(limits) - 'database' - 'role' - 'datid', 'null')::text AS limits
  FROM (SELECT) AS one LEFT JOIN pgtenants.limits ON database = :'expected'::jsonb->>'database' AND role IS NULL \gset
\endif
SELECT :'expected'::jsonb->>'database' AS database,
       EXISTS (SELECT FROM pg_database WHERE datname = :'expected'::jsonb->>'database' AND datallowconn) AS open \gset
\if :open
\connect :"database"
SELECT coalesce(jsonb_agg(extname ORDER BY extname), '[]')
  FROM pg_extension
  JOIN pg_available_extension_versions AS available ON available.name = extname AND available.version = extversion
 WHERE superuser AND NOT trusted;
SELECT to_regclass('pgtenants.objects') IS NOT NULL AS closable \gset
\if :closable
SELECT jsonb_build_object(
  'limits', :'limits'::jsonb,
  'refuses', (
    SELECT evtfoid::regproc::text FROM pg_event_trigger
     WHERE evtname = 'pgtenants_ddl' AND evtenabled = 'A' AND evtevent = 'ddl_command_start' AND evttags IS NULL),
  'writable', (
    SELECT coalesce(jsonb_agg(DISTINCT name), '[]')
      FROM pgtenants.objects, aclexplode(acl) WHERE kind <> 'SCHEMA' AND privilege_type = ANY (writing) AND grantee <> 10));
\else
SELECT jsonb_build_object('limits', :'limits'::jsonb, 'refuses', NULL, 'writable', '[]'::jsonb);
\endif
\else
SELECT '[]';
SELECT 'null';
\endif
