-- Makes roles, databases and schemas of an instance's tenants what the variable "shared" says, one JSON document that comes before this text.
-- For psql, run by the superuser after tenant.sql, in sessions that begin as images/postgres/session.sh says, in whichever database; may be run any
-- number of times; restarts nothing and touches nobody who is as described.
-- Names and values reach statements through format's %I and %L only. What is kept of a tenant that is gone stays, and nobody gets in.

\set ON_ERROR_STOP on
\set VERBOSITY terse

-- What holds in each database that tenants get into. Revoked in a template, so that a new tenant's database is made with it; run again only in
-- databases that were made under other rules.
SELECT $rules$
SET search_path = pg_catalog, pg_temp;
SET default_transaction_read_only = off;
SET client_min_messages = warning;
SET allow_system_table_mods = on;
BEGIN;
-- Other tenants' databases, comments and settings. pg_dump asks for the names of databases, which do not say whose they are.
REVOKE SELECT ON pg_database, pg_shdescription, pg_db_role_setting, pg_auth_members, pg_shdepend, pg_shseclabel, pg_replication_origin,
  pg_parameter_acl, pg_user, pg_group FROM PUBLIC;
GRANT SELECT (oid, datname, encoding, datcollate, datctype, datistemplate, datallowconn) ON pg_database TO PUBLIC;
-- pg_dump and many tools ask for the names of roles: they get PostgreSQL's own and those that come into this database.
CREATE OR REPLACE VIEW pg_roles AS
  SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolconnlimit, '********'::text AS rolpassword,
         rolvaliduntil, rolbypassrls, CASE WHEN pg_has_role(pg_authid.oid, 'MEMBER') THEN setconfig END AS rolconfig, pg_authid.oid
    FROM pg_authid LEFT JOIN pg_db_role_setting s ON pg_authid.oid = setrole AND setdatabase = 0
   WHERE pg_authid.oid < 16384 OR has_database_privilege(pg_authid.oid, current_database(), 'CONNECT');
-- What the whole server does: sessions, locks, traffic, WAL, other databases' statistics.
REVOKE SELECT ON pg_stat_activity, pg_stat_database, pg_stat_database_conflicts, pg_stat_bgwriter, pg_stat_checkpointer, pg_stat_wal, pg_stat_io,
  pg_stat_slru, pg_stat_archiver, pg_stat_replication, pg_stat_replication_slots, pg_stat_ssl, pg_stat_gssapi, pg_stat_subscription,
  pg_stat_subscription_stats, pg_stat_recovery_prefetch, pg_stat_wal_receiver, pg_stat_progress_analyze, pg_stat_progress_basebackup,
  pg_stat_progress_cluster, pg_stat_progress_copy, pg_stat_progress_create_index, pg_stat_progress_vacuum, pg_locks, pg_prepared_xacts,
  pg_replication_slots, pg_replication_origin_status FROM PUBLIC;
DO $do$
DECLARE one record;
BEGIN
  FOR one IN
    SELECT oid::regprocedure AS called FROM pg_proc
     WHERE pronamespace = 'pg_catalog'::regnamespace
       AND (proname ~ '^pg_stat_get_(activity|backend_|db_|progress|wal|io|slru|bgwriter|checkpointer|archiver|replication|subscription|snapshot|recovery)'
            OR proname ~ '^pg_control_|^pg_get_replication_slots$|^pg_show_replication_origin_status$|^pg_tablespace_(size|databases)$'
            OR proname IN ('pg_lock_status', 'pg_prepared_xact', 'pg_blocking_pids', 'pg_safe_snapshot_blocking_pids', 'pg_current_wal_lsn',
                           'pg_current_wal_insert_lsn', 'pg_current_wal_flush_lsn', 'pg_last_committed_xact', 'pg_xact_commit_timestamp',
                           'pg_xact_commit_timestamp_origin', 'pg_notification_queue_usage', 'pg_postmaster_start_time', 'pg_conf_load_time')
            -- In one database with others, of tables that are theirs.
            OR current_database() = 'pgtenants_schemas'
               AND proname ~ '^pg_(relation|table|indexes|total_relation)_size$|^pg_stat_get_|^pg_relation_filepath$|^pg_notify$')
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', one.called);
  END LOOP;
  IF current_database() = 'pgtenants_schemas' THEN
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    FOR one IN
      SELECT oid::regclass AS called FROM pg_class
       WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'v' AND relname ~ '^pg_(stat|statio)_(all|sys|user|xact)_'
    LOOP
      EXECUTE format('REVOKE SELECT ON %s FROM PUBLIC', one.called);
    END LOOP;
    -- Samples of rows: the privilege on a table is enough for them, without one on its schema.
    REVOKE SELECT ON pg_stats, pg_stats_ext, pg_stats_ext_exprs, pg_largeobject_metadata FROM PUBLIC;
  END IF;
END
$do$;
-- As if initdb had made it so: a tenant's dump shall not hold what nobody else can restore.
CREATE TEMP TABLE given ON COMMIT DROP AS
  SELECT oid, 'pg_class'::regclass AS class, 0 AS part, relacl AS acl FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace
  UNION ALL SELECT attrelid, 'pg_class'::regclass, attnum, attacl FROM pg_attribute WHERE attrelid = 'pg_database'::regclass
  UNION ALL SELECT oid, 'pg_proc'::regclass, 0, proacl FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
  UNION ALL SELECT oid, 'pg_namespace'::regclass, 0, nspacl FROM pg_namespace WHERE nspname = 'public';
DELETE FROM pg_init_privs USING given
 WHERE objoid = oid AND classoid = class AND objsubid = part AND initprivs IS DISTINCT FROM acl;
INSERT INTO pg_init_privs (objoid, classoid, objsubid, privtype, initprivs)
SELECT oid, class, part, 'i', acl FROM given
 WHERE acl IS NOT NULL AND NOT EXISTS (SELECT FROM pg_init_privs WHERE objoid = oid AND classoid = class AND objsubid = part);
COMMIT;
$rules$ AS rules \gset

SELECT 'CREATE DATABASE pgtenants_template TEMPLATE template0 STRATEGY = file_copy IS_TEMPLATE true'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'pgtenants_template')
\gexec
SELECT 'REVOKE ALL ON DATABASE pgtenants_template FROM PUBLIC'
  FROM pg_database WHERE datname = 'pgtenants_template' AND datacl IS NULL
\gexec
SELECT 'pgtenants: rules ' || md5(:'rules') AS version \gset
SELECT coalesce(string_agg(format(E'\\connect %I \\\\\n:rules\nCOMMENT ON DATABASE %1$I IS %L;\n', datname, :'version'), ''), '') AS behind
  FROM pg_database
 WHERE (datname IN ('pgtenants_template', :'shared'::jsonb->>'schemas')
        OR shobj_description(datdba, 'pg_authid') LIKE 'pgtenants: shared {%')
   AND shobj_description(oid, 'pg_database') IS DISTINCT FROM :'version'
\gset
SELECT :'behind' <> '' AS is_behind \gset
\if :is_behind
:behind
\connect postgres
\endif

CREATE TEMP TABLE wanted AS
SELECT * FROM jsonb_to_recordset(:'shared'::jsonb->'tenants')
  AS tenant (key text, role name, isolation text, database name, verifier text, login boolean, connections integer, allow jsonb, settings jsonb, limits jsonb);
CREATE TEMP VIEW ours AS
SELECT pg_authid.oid, rolname, CASE WHEN description LIKE 'pgtenants: shared {%' THEN substr(description, 19)::jsonb END AS said
  FROM pg_authid JOIN pg_shdescription ON objoid = pg_authid.oid AND classoid = 'pg_authid'::regclass
 WHERE description LIKE 'pgtenants: shared {%';
CREATE TEMP VIEW databases AS
SELECT datname, datdba, datacl, datconnlimit, said->>'key' AS key, shobj_description(pg_database.oid, 'pg_database') AS rules
  FROM pg_database LEFT JOIN ours ON ours.oid = datdba;

-- Data that is kept of somebody else must not become a tenant's because both chose the same name.
DO $do$
DECLARE taken text;
BEGIN
  SELECT string_agg(format('%s (%s)', wanted.role, coalesce('kept of ' || (said->>'key'), 'not a tenant''s')), ', ') INTO taken
    FROM wanted JOIN pg_authid ON rolname = role LEFT JOIN ours ON ours.oid = pg_authid.oid
   WHERE said->>'key' IS DISTINCT FROM wanted.key;
  IF taken IS NOT NULL THEN
    RAISE 'pgtenants: roles that are taken on this instance: %; give the tenant another user, or purge what is kept', taken;
  END IF;
  SELECT string_agg(format('%s (%s)', datname, coalesce('kept of ' || databases.key, 'not a tenant''s')), ', ') INTO taken
    FROM wanted JOIN databases ON datname = database
   WHERE isolation = 'database' AND databases.key IS DISTINCT FROM wanted.key;
  IF taken IS NOT NULL THEN
    RAISE 'pgtenants: databases that are taken on this instance: %; give the tenant another database, or purge what is kept', taken;
  END IF;
END
$do$;

SELECT format('ALTER ROLE %I RENAME TO %I', rolname, role) FROM ours JOIN wanted ON key = said->>'key' WHERE rolname <> role
\gexec
SELECT format('CREATE ROLE %1$I NOLOGIN; COMMENT ON ROLE %1$I IS %2$L', role, 'pgtenants: shared ' || jsonb_build_object('key', key)::text)
  FROM wanted WHERE NOT EXISTS (SELECT FROM pg_authid WHERE rolname = role)
\gexec
SELECT format('ALTER ROLE %I %s CONNECTION LIMIT %s PASSWORD %L',
              role, CASE WHEN login THEN 'LOGIN' ELSE 'NOLOGIN' END, connections, verifier)
  FROM wanted JOIN pg_authid ON rolname = role
 WHERE (rolcanlogin, rolconnlimit, rolpassword) IS DISTINCT FROM (login, connections, verifier)
\gexec
SELECT format('ALTER ROLE %I SET %I = %L', role, setting.key, setting.value)
  FROM wanted CROSS JOIN jsonb_each_text(settings) AS setting
 WHERE NOT EXISTS (SELECT FROM pg_db_role_setting JOIN pg_authid ON pg_authid.oid = setrole
                    WHERE rolname = role AND setdatabase = 0 AND format('%s=%s', setting.key, setting.value) = ANY (setconfig))
\gexec
SELECT format('ALTER ROLE %I NOLOGIN', rolname) FROM ours JOIN pg_authid USING (oid, rolname)
 WHERE rolcanlogin AND NOT EXISTS (SELECT FROM wanted WHERE key = said->>'key')
\gexec

-- Another name for a database that is the tenant's already: nobody is in it meanwhile.
SELECT format('ALTER DATABASE %I ALLOW_CONNECTIONS false', datname),
       format('SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %L', datname),
       format('ALTER DATABASE %I RENAME TO %I', datname, database),
       format('ALTER DATABASE %I ALLOW_CONNECTIONS true', database)
  FROM databases JOIN wanted USING (key)
 WHERE isolation = 'database' AND datname <> database AND NOT EXISTS (SELECT FROM pg_database WHERE datname = database)
\gexec
-- Copied as files: by way of the log each would be 7 MB of WAL, and of backups.
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE pgtenants_template STRATEGY = file_copy CONNECTION LIMIT %s', database, role, connections),
       format('COMMENT ON DATABASE %I IS %L', database, :'version')
  FROM wanted WHERE isolation = 'database' AND NOT EXISTS (SELECT FROM pg_database WHERE datname = database)
\gexec
SELECT format('ALTER DATABASE %I CONNECTION LIMIT %s', datname, connections)
  FROM databases JOIN wanted ON datname = database WHERE isolation = 'database' AND datconnlimit <> connections
\gexec
-- Neither what PostgreSQL gives to everybody, nor what a tenant gave to a neighbour.
SELECT format('REVOKE ALL ON DATABASE %I FROM %s CASCADE', datname, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
  FROM databases JOIN wanted ON datname = database, LATERAL (SELECT DISTINCT grantee FROM aclexplode(coalesce(datacl, acldefault('d', datdba)))) AS granted
 WHERE isolation = 'database' AND grantee <> datdba
\gexec

-- For the watchdog, see limits.sql, which made the table: before a row for a database, one for the role counts.
DELETE FROM pgtenants.limits WHERE role IS NOT NULL AND NOT EXISTS (SELECT FROM wanted WHERE wanted.database = limits.database AND wanted.role = limits.role);
INSERT INTO pgtenants.limits (database, role, statement_ms, idle_in_transaction_ms)
SELECT database, role, (limits->>'statement')::bigint, (limits->>'idle')::bigint FROM wanted
ON CONFLICT (database, role) DO UPDATE SET (statement_ms, idle_in_transaction_ms) = ROW (excluded.statement_ms, excluded.idle_in_transaction_ms)
 WHERE (limits.statement_ms, limits.idle_in_transaction_ms) IS DISTINCT FROM (excluded.statement_ms, excluded.idle_in_transaction_ms);

-- Tenants with a schema each.
SELECT format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO %I', datname, role)
  FROM wanted JOIN pg_database ON datname = database
 WHERE isolation = 'schema' AND NOT (has_database_privilege(role, datname, 'CONNECT') AND has_database_privilege(role, datname, 'TEMPORARY'))
\gexec
SELECT EXISTS (SELECT FROM wanted WHERE isolation = 'schema') AS has_schemas, :'shared'::jsonb->>'schemas' AS schemas \gset
\if :has_schemas
\connect :"schemas"
CREATE TEMP TABLE wanted AS
SELECT key, role, pg_authid.oid FROM jsonb_to_recordset(:'shared'::jsonb->'tenants') AS tenant (key text, role name, isolation text)
  JOIN pg_authid ON rolname = role WHERE isolation = 'schema';
-- Sessions from before would look for their tables under the old name; new ones have the new one, set above.
SELECT format('SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usesysid = %L', wanted.oid),
       format('ALTER SCHEMA %I RENAME TO %I', nspname, role)
  FROM wanted JOIN pg_namespace ON obj_description(pg_namespace.oid, 'pg_namespace') = 'pgtenants: ' || key WHERE nspname <> role
\gexec
SELECT format('CREATE SCHEMA %I', role), format('COMMENT ON SCHEMA %I IS %L', role, 'pgtenants: ' || key)
  FROM wanted WHERE NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = role)
\gexec
-- Not the owner, who could let others in, or take the schema away.
SELECT format('GRANT USAGE, CREATE ON SCHEMA %1$I TO %1$I', role)
  FROM wanted WHERE NOT (has_schema_privilege(oid, role::text, 'USAGE') AND has_schema_privilege(oid, role::text, 'CREATE'))
\gexec
\connect postgres
\endif

-- Sessions of whoever may not log in, or not from everywhere any more. The networks of the last time are in the role's comment.
SELECT pg_terminate_backend(pid) AS ended
  FROM jsonb_to_recordset(:'shared'::jsonb->'tenants') AS tenant (role name, login boolean, allow jsonb)
  JOIN pg_authid ON rolname = role
  JOIN pg_stat_activity ON usesysid = pg_authid.oid
 WHERE NOT login OR coalesce(substr(shobj_description(pg_authid.oid, 'pg_authid'), 19)::jsonb->'allow', allow) <> allow
\g /dev/null
SELECT pg_terminate_backend(pid) AS ended
  FROM pg_authid JOIN pg_stat_activity ON usesysid = pg_authid.oid
 WHERE NOT rolcanlogin AND shobj_description(pg_authid.oid, 'pg_authid') LIKE 'pgtenants: shared {%'
\g /dev/null
SELECT format('COMMENT ON ROLE %I IS %L', role, 'pgtenants: shared ' || said::text)
  FROM jsonb_to_recordset(:'shared'::jsonb->'tenants') AS tenant (key text, role name, allow jsonb)
  JOIN pg_authid ON rolname = role, LATERAL (SELECT jsonb_build_object('key', key, 'allow', allow) AS said) AS comment
 WHERE shobj_description(oid, 'pg_authid') IS DISTINCT FROM 'pgtenants: shared ' || said::text
\gexec
-- end
