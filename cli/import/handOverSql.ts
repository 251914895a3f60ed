import { firstUserOid, ownedObjects } from "./lookSql.ts";

/** How a cluster is handed to the tenant. For psql, by the superuser; constant texts, data comes in by psql's variables; may run any number of times. */

/**
 * Before the cluster is taken over: what the roles with a login have in `database` because everybody has it becomes their own. pgtenants
 * takes it from everybody.
 */
export const keepConnecting = `
SELECT format('GRANT %s ON DATABASE %I TO %I', privilege, datname, rolname)
  FROM pg_database, pg_roles, unnest(ARRAY['CONNECT', 'TEMPORARY']) AS privilege
 WHERE datname = :'database' AND pg_roles.oid >= ${firstUserOid} AND rolcanlogin
   AND has_database_privilege(pg_roles.oid, pg_database.oid, privilege)
\\gexec
`;

/**
 * What belongs to the cluster, to the role `owner`, which is made already: other databases, the superuser's own settings, and membership in all
 * other roles, whose rights a superuser has.
 */
export const handOverCluster = `
BEGIN;
UPDATE pg_db_role_setting AS setting SET setrole = to_regrole(quote_ident(:'owner'))
 WHERE setrole = 10 AND NOT EXISTS (
   SELECT FROM pg_db_role_setting WHERE setdatabase = setting.setdatabase AND setrole = to_regrole(quote_ident(:'owner')));
SELECT format('GRANT %I TO %I', rolname, :'owner') FROM pg_roles
 WHERE oid >= ${firstUserOid} AND rolname <> :'owner'
   AND NOT pg_has_role(:'owner', oid, 'MEMBER') AND NOT pg_has_role(oid, :'owner', 'MEMBER')
\\gexec
SELECT format('ALTER DATABASE %I OWNER TO %I', datname, :'owner') FROM pg_database WHERE oid >= ${firstUserOid} AND datdba = 10
\\gexec
COMMIT;
`;

/**
 * What belongs to the database of the session, to the role `owner`: objects, and the privileges that new ones get. In transactions of 500
 * objects: the locks of all of them together may not fit into the server's lock table.
 */
export const handOverDatabase = `
SET lock_timeout = '60s';
SELECT set_config('pgtenants.owner', :'owner', false) \\g /dev/null
DO $do$
DECLARE
  object record;
  number integer := 0;
BEGIN
  FOR object IN ${ownedObjects} LOOP
    EXECUTE format('ALTER %s %s OWNER TO %I', object.kind, object.identity, current_setting('pgtenants.owner'));
    number := number + 1;
    IF number % 500 = 0 THEN COMMIT; END IF;
  END LOOP;
END $do$;

BEGIN;
WITH kinds(kind, word) AS (VALUES
  ('r', 'TABLES'), ('S', 'SEQUENCES'), ('f', 'ROUTINES'), ('T', 'TYPES'), ('n', 'SCHEMAS'), ('L', 'LARGE OBJECTS')),
presets AS (
  SELECT word, nspname IS NULL AS everywhere, ' IN SCHEMA ' || quote_ident(nspname) AS place, privilege_type AS privilege, is_grantable, grantee,
         CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS who
    FROM pg_default_acl JOIN kinds ON kind = defaclobjtype LEFT JOIN pg_namespace ON pg_namespace.oid = defaclnamespace, aclexplode(defaclacl)
   WHERE defaclrole = 10),
changes(turn, change) AS (
  SELECT 1, format('ALTER DEFAULT PRIVILEGES FOR ROLE %I REVOKE ALL ON %s FROM PUBLIC', :'owner', word) FROM presets WHERE everywhere
  UNION ALL
  SELECT 2, format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s GRANT %s ON %s TO %s%s',
                   :'owner', place, privilege, word, who, CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END)
    FROM presets WHERE grantee NOT IN (10, to_regrole(quote_ident(:'owner')))
  UNION ALL
  SELECT 3, format('ALTER DEFAULT PRIVILEGES FOR ROLE CURRENT_USER%s REVOKE ALL ON %s FROM %s', place, word, who)
    FROM presets WHERE grantee <> 10 AND NOT (grantee = 0 AND everywhere))
SELECT change FROM changes ORDER BY turn
\\gexec
COMMIT;
`;
