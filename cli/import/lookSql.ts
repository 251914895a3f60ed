/**
 * What is asked of a cluster that is taken over. For psql, by the superuser, whose oid is 10 in every cluster, whatever its name is. Constant
 * texts, which change nothing; each prints one JSON document.
 */

/** Objects that users made have oids from here on (FirstNormalObjectId). */
export const firstUserOid = 16384;

/**
 * What the superuser owns in a database and the tenant is to own: class, id, type, identity, and kind as ALTER takes it. Left out: members of
 * extensions; what belongs to another object and follows it, such as row types, array types and the sequences of columns; what only a superuser
 * can own; and the functions of event triggers, which run in the sessions of whoever changes a table, the superuser among them. Users may
 * choose the oids of large objects, and up to version 14 the superuser owned the schema public.
 */
export const ownedObjects = `
  WITH owned(class, id) AS (
              SELECT 'pg_class'::regclass, oid FROM pg_class WHERE relowner = 10 AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
    UNION ALL SELECT 'pg_proc', oid FROM pg_proc WHERE proowner = 10 AND oid NOT IN (SELECT evtfoid FROM pg_event_trigger)
    UNION ALL SELECT 'pg_type', oid FROM pg_type WHERE typowner = 10
    UNION ALL SELECT 'pg_namespace', oid FROM pg_namespace WHERE nspowner = 10
    UNION ALL SELECT 'pg_operator', oid FROM pg_operator WHERE oprowner = 10
    UNION ALL SELECT 'pg_opclass', oid FROM pg_opclass WHERE opcowner = 10
    UNION ALL SELECT 'pg_opfamily', oid FROM pg_opfamily WHERE opfowner = 10
    UNION ALL SELECT 'pg_collation', oid FROM pg_collation WHERE collowner = 10
    UNION ALL SELECT 'pg_conversion', oid FROM pg_conversion WHERE conowner = 10
    UNION ALL SELECT 'pg_statistic_ext', oid FROM pg_statistic_ext WHERE stxowner = 10
    UNION ALL SELECT 'pg_ts_dict', oid FROM pg_ts_dict WHERE dictowner = 10
    UNION ALL SELECT 'pg_ts_config', oid FROM pg_ts_config WHERE cfgowner = 10
    UNION ALL SELECT 'pg_foreign_server', oid FROM pg_foreign_server WHERE srvowner = 10
    UNION ALL SELECT 'pg_publication', oid FROM pg_publication WHERE pubowner = 10 AND NOT puballtables
                 AND oid NOT IN (SELECT pnpubid FROM pg_publication_namespace)
    UNION ALL SELECT 'pg_largeobject', oid FROM pg_largeobject_metadata WHERE lomowner = 10
  )
  SELECT class, id, type, identity,
         CASE WHEN class = 'pg_proc'::regclass THEN 'ROUTINE'
              WHEN class = 'pg_statistic_ext'::regclass THEN 'STATISTICS'
              ELSE type END AS kind
    FROM owned, pg_identify_object(class, id, 0)
   WHERE (id >= ${firstUserOid} OR class = 'pg_largeobject'::regclass OR (class = 'pg_namespace'::regclass AND id = to_regnamespace('public')))
     AND NOT EXISTS (
       SELECT FROM pg_depend
        WHERE classid = class AND objid = id AND objsubid = 0
          AND (deptype IN ('e', 'i') OR (deptype = 'a' AND class = 'pg_class'::regclass AND refobjsubid > 0)))`;

/** A list of what a query gives, as JSON. */
const list = (what: string, from: string) => `(SELECT coalesce(jsonb_agg(${what}), '[]') FROM ${from})`;

/** What no owner but a superuser can have. */
const staying = `(
              SELECT 'event trigger ' || evtname AS what FROM pg_event_trigger WHERE evtowner = 10
    UNION ALL SELECT 'extension ' || extname FROM pg_extension WHERE extowner = 10 AND extname <> 'plpgsql'
    UNION ALL SELECT 'publication ' || pubname FROM pg_publication WHERE pubowner = 10 AND (puballtables
                OR oid IN (SELECT pnpubid FROM pg_publication_namespace))) AS staying`;

/** What users wrote: no extension brought it, and it belongs to no type. */
const ownFunctions = `pg_proc WHERE oid >= ${firstUserOid} AND prokind <> 'a' AND NOT EXISTS (
    SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype IN ('e', 'i'))`;

/** What sorts text, is used, and did so by another version when the data was written. */
const collations = `(
              SELECT 'the default' AS what FROM pg_database
               WHERE datname = current_database() AND datcollversion <> pg_database_collation_actual_version(oid)
    UNION ALL SELECT oid::regcollation::text FROM pg_collation
               WHERE collversion <> pg_collation_actual_version(oid)
                 AND oid IN (SELECT refobjid FROM pg_depend WHERE refclassid = 'pg_collation'::regclass)) AS changed`;

/** About the cluster; see clusterLook.ts. */
export const lookAtCluster = `
SELECT jsonb_build_object(
  'verifier', (SELECT rolpassword FROM pg_authid WHERE oid = 10),
  'databases', ${list("datname ORDER BY datname", `pg_database WHERE oid >= ${firstUserOid} AND datallowconn AND NOT datistemplate`)},
  'own', ${list("datname", "pg_database WHERE datname = 'postgres' AND datallowconn")},
  'taken', ${list("rolname", "pg_roles WHERE rolname = 'pgtenants' AND oid <> 10")},
  'slots', ${list("slot_name", "pg_replication_slots")},
  'subscriptions', ${list("subname", "pg_subscription")},
  'tablespaces', ${list("spcname", `pg_tablespace WHERE oid >= ${firstUserOid}`)},
  'powerful', ${list(
    "rolname ORDER BY rolname",
    `pg_roles AS other WHERE oid >= ${firstUserOid} AND (
       rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls OR EXISTS (
         SELECT FROM pg_auth_members JOIN pg_roles AS granted ON granted.oid = roleid WHERE member = other.oid AND (granted.oid = 10
            OR granted.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'))))`,
  )},
  'altered', ${list("DISTINCT name", "pg_file_settings WHERE sourcefile LIKE '%/postgresql.auto.conf'")});
`;

/** About the database of the session; see clusterLook.ts. */
export const lookAtDatabase = `
SELECT jsonb_build_object(
  'owned', (SELECT coalesce(jsonb_object_agg(type, number), '{}') FROM (
              SELECT type, count(*) AS number FROM (${ownedObjects}) AS owned GROUP BY type) AS counted),
  'untrusted', ${list("oid::regprocedure::text", `${ownFunctions} AND prolang IN (SELECT oid FROM pg_language WHERE NOT lanpltrusted)`)},
  'stays', ${list("what ORDER BY what", staying)},
  'definers', ${list("oid::regprocedure::text", `${ownFunctions} AND prosecdef AND proowner = 10`)},
  'policed', ${list("oid::regclass::text", "pg_class WHERE relforcerowsecurity")},
  'collations', ${list("what", collations)});
`;
