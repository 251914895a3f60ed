
-- Procedures of the superuser's that close the database that psql is connected to, and open it again: by what a tenant cannot switch off, which
-- `default_transaction_read_only` is not. Each may be called any number of times, outside of a transaction: they commit every so often, since
-- a tenant may have more tables than one transaction can lock. One that was killed is called again, or taken back. They leave search_path pinned.
--   CALL pgtenants.freeze()        nobody but the superuser writes: neither rows nor definitions. Sessions that write are ended
--   CALL pgtenants.refuse_ddl()    nobody but the superuser changes definitions
--   CALL pgtenants.thaw()          takes both back
-- All is a member of the extension plpgsql, which every database has: so no dump of the tenant's holds it.
SELECT format('ALTER SCHEMA pgtenants RENAME TO %I', 'pgtenants ' || gen_random_uuid())
  FROM pg_namespace WHERE nspname = 'pgtenants' AND nspowner <> 10
\gexec
SELECT NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'pgtenants') AS absent \gset
\if :absent
BEGIN;
CREATE EXTENSION IF NOT EXISTS plpgsql;
CREATE SCHEMA pgtenants;
ALTER EXTENSION plpgsql ADD SCHEMA pgtenants;
-- What was taken away. `part` is a column's number, or 0; `grantee` 0 is everybody.
CREATE TABLE pgtenants.taken (
  kind text, object oid, part smallint, grantor oid, grantee oid, privilege text, grantable boolean,
  PRIMARY KEY (kind, object, part, grantor, grantee, privilege, grantable)
);
ALTER EXTENSION plpgsql ADD TABLE pgtenants.taken;
COMMIT;
\endif

BEGIN;
-- An extension's member cannot be replaced from outside.
SELECT format('ALTER EXTENSION plpgsql DROP %s', pg_identify_object.type || ' ' || pg_identify_object.identity)
  FROM pg_depend, pg_identify_object(classid, objid, 0)
 WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
   AND (classid, objid) IN (SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE pronamespace = 'pgtenants'::regnamespace
                            UNION ALL SELECT 'pg_class'::regclass, oid FROM pg_class WHERE relnamespace = 'pgtenants'::regnamespace AND relkind = 'v')
\gexec

-- What privileges to write are given on, with `name` and `columns` as GRANT takes them, and `writing`, those of its privileges that write.
-- Functions on large objects, because whoever owns one needs no privilege to delete it, and everybody may make one.
CREATE OR REPLACE VIEW pgtenants.objects AS
SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, pg_class.oid AS object, 0::smallint AS part,
       format('%I.%I', nspname, relname) AS name, '' AS columns, relowner AS owner,
       coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)) AS acl,
       CASE relkind WHEN 'S' THEN '{USAGE,UPDATE}' ELSE '{INSERT,UPDATE,DELETE,TRUNCATE}' END::text[] AS writing
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND nspname !~ '^pg_' AND nspname <> 'information_schema'
UNION ALL
SELECT 'TABLE', attrelid, attnum, format('%I.%I', nspname, relname), format(' (%I)', attname), relowner, attacl, '{INSERT,UPDATE}'
  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
 WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname !~ '^pg_' AND nspname <> 'information_schema'
UNION ALL
SELECT 'SCHEMA', oid, 0, quote_ident(nspname), '', nspowner, coalesce(nspacl, acldefault('n', nspowner)), '{CREATE}'
  FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
UNION ALL
SELECT 'FUNCTION', oid, 0, format('pg_catalog.%I(%s)', proname, pg_get_function_identity_arguments(oid)), '', proowner,
       coalesce(proacl, acldefault('f', proowner)), '{EXECUTE}'
  FROM pg_proc
 WHERE pronamespace = 'pg_catalog'::regnamespace
   AND proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_import', 'lo_put', 'lo_truncate', 'lo_truncate64', 'lo_unlink', 'lowrite');

CREATE OR REPLACE PROCEDURE pgtenants.take(kinds text[]) LANGUAGE plpgsql AS $$
DECLARE
  statement text;
  done integer := 0;
BEGIN
  INSERT INTO pgtenants.taken
  SELECT kind, object, part, grantor, grantee, privilege_type, is_grantable
    FROM pgtenants.objects, aclexplode(acl)
   WHERE kind = ANY (kinds) AND privilege_type = ANY (writing) AND grantee <> 10
  ON CONFLICT DO NOTHING;
  COMMIT;
  FOR statement IN
    -- Those of a table's columns go with it.
    SELECT format('REVOKE %s ON %s %s FROM %s CASCADE', string_agg(DISTINCT privilege_type, ', '), kind, name,
                  string_agg(DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END, ', '))
      FROM pgtenants.objects, aclexplode(acl)
     WHERE kind = ANY (kinds) AND privilege_type = ANY (writing) AND grantee <> 10
     GROUP BY kind, object, name
  LOOP
    EXECUTE statement;
    done := done + 1;
    IF done % 500 = 0 THEN COMMIT; END IF;
  END LOOP;
  COMMIT;
END
$$;

CREATE OR REPLACE PROCEDURE pgtenants.thaw() LANGUAGE plpgsql AS $$
DECLARE
  given record;
  done integer := 0;
BEGIN
  SET search_path = pg_catalog, pg_temp;
  PERFORM pgtenants.unwatch();
  EXECUTE format('ALTER DATABASE %I RESET default_transaction_read_only', current_database());
  FOR given IN
    -- A privilege that was passed on is given by who passed it on, after that one has it back. What hangs in the air, because the owner is
    -- another one meanwhile, is the owner's to give.
    WITH RECURSIVE present AS MATERIALIZED (
      SELECT taken.*, name, columns, owner
        FROM pgtenants.taken JOIN pgtenants.objects USING (kind, object, part)
       WHERE EXISTS (SELECT FROM pg_authid WHERE oid = grantor) AND (grantee = 0 OR EXISTS (SELECT FROM pg_authid WHERE oid = grantee))
    ), passing AS MATERIALIZED (
      SELECT * FROM present WHERE grantable AND grantee <> owner
    ), chain AS (
      SELECT passing.*, 1 AS depth FROM passing WHERE grantor = owner
      UNION
      SELECT passing.*, depth + 1
        FROM chain JOIN passing ON (passing.kind, passing.object, passing.privilege) = (chain.kind, chain.object, chain.privilege)
       WHERE passing.grantor = chain.grantee AND chain.part IN (0, passing.part) AND depth < 20
    ), placed AS (
      SELECT present.*, CASE WHEN grantor <> owner THEN coalesce((
               SELECT min(depth) FROM chain
                WHERE (chain.kind, chain.object, chain.privilege, chain.grantee)
                    = (present.kind, present.object, present.privilege, present.grantor)
                  AND chain.part IN (0, present.part)), 0) ELSE 0 END AS depth
        FROM present
    )
    SELECT depth, pg_get_userbyid(grantor) AS grantor,
           format('GRANT %s ON %s %s TO %s%s', string_agg(privilege || columns, ', '), kind, name,
                  CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
                  CASE WHEN grantable AND grantee <> owner THEN ' WITH GRANT OPTION' END) AS statement
      FROM placed
     GROUP BY kind, object, name, owner, placed.grantor, grantee, grantable, depth
     ORDER BY depth
  LOOP
    IF given.depth > 0 THEN EXECUTE format('SET LOCAL ROLE %I', given.grantor); END IF;
    EXECUTE given.statement;
    SET LOCAL ROLE NONE;
    done := done + 1;
    IF done % 500 = 0 THEN COMMIT; END IF;
  END LOOP;
  DELETE FROM pgtenants.taken;
  COMMIT;
END
$$;

CREATE OR REPLACE PROCEDURE pgtenants.refuse_ddl() LANGUAGE plpgsql AS $$
BEGIN
  SET search_path = pg_catalog, pg_temp;
  PERFORM pgtenants.watch('refuse_definition');
  -- EXPLAIN ANALYZE CREATE TABLE … AS passes by every event trigger.
  CALL pgtenants.take('{SCHEMA}');
END
$$;

CREATE OR REPLACE PROCEDURE pgtenants.freeze() LANGUAGE plpgsql AS $$
DECLARE
  writer text;
BEGIN
  SET search_path = pg_catalog, pg_temp;
  SELECT string_agg(quote_ident(rolname), ', ') INTO writer
    FROM pg_roles WHERE NOT rolsuper AND rolname <> 'pg_write_all_data' AND pg_has_role(oid, 'pg_write_all_data', 'MEMBER');
  IF writer IS NOT NULL THEN
    RAISE 'the database % cannot be made read-only: % may write whatever its privileges are', current_database(), writer
      USING HINT = 'Take the role pg_write_all_data from it: REVOKE pg_write_all_data FROM …';
  END IF;
  -- First, because what is taken below waits for the locks of their transactions.
  PERFORM pgtenants.end_writers();
  PERFORM pgtenants.watch('refuse_write');
  -- Sessions may say otherwise; those that do not get the error that drivers know.
  EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database());
  CALL pgtenants.take('{SCHEMA,TABLE,SEQUENCE,FUNCTION}');
  PERFORM pgtenants.end_writers();
  -- For what a transaction made that had not ended before.
  CALL pgtenants.take('{SCHEMA,TABLE,SEQUENCE,FUNCTION}');
END
$$;

CREATE OR REPLACE FUNCTION pgtenants.unwatch() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'pgtenants_ddl') THEN
    ALTER EXTENSION plpgsql DROP EVENT TRIGGER pgtenants_ddl;
    DROP EVENT TRIGGER pgtenants_ddl;
  END IF;
END
$$;

-- Whatever a session's replication role is.
CREATE OR REPLACE FUNCTION pgtenants.watch(how text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pgtenants.unwatch();
  EXECUTE format('CREATE EVENT TRIGGER pgtenants_ddl ON ddl_command_start EXECUTE FUNCTION pgtenants.%I()', how);
  ALTER EVENT TRIGGER pgtenants_ddl ENABLE ALWAYS;
  ALTER EXTENSION plpgsql ADD EVENT TRIGGER pgtenants_ddl;
END
$$;

-- Run as who runs the command, and so ask who that is.
CREATE OR REPLACE FUNCTION pgtenants.refuse_write() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper) THEN RETURN; END IF;
  RAISE '% is refused: the database % is read-only', TG_TAG, current_database()
    USING ERRCODE = 'read_only_sql_transaction', HINT = 'Its operator has made it so: readOnly.';
END
$$;
CREATE OR REPLACE FUNCTION pgtenants.refuse_definition() RETURNS event_trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Definitions stay as they are by these two.
  IF TG_TAG IN ('REFRESH MATERIALIZED VIEW', 'REINDEX') THEN RETURN; END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = current_user AND rolsuper) THEN RETURN; END IF;
  RAISE '% is refused: nobody may change the definitions of the database %', TG_TAG, current_database()
    USING ERRCODE = 'insufficient_privilege', HINT = 'Its operator has made it so: allowDdl: false.';
END
$$;

-- Ends the sessions that write. A statement that was let write before holds a lock of one of these modes on what it writes to, until its transaction's end.
CREATE OR REPLACE FUNCTION pgtenants.end_writers() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  writers integer[];
BEGIN
  SELECT array_agg(pid) INTO writers
    FROM pg_stat_activity AS session
   WHERE datname = current_database() AND backend_type = 'client backend' AND usesysid <> 10
     AND (backend_xid IS NOT NULL
          OR EXISTS (SELECT FROM pg_locks AS lock
                      WHERE lock.pid = session.pid AND locktype = 'relation' AND mode ~ '^(RowExclusive|ShareRowExclusive|Exclusive|AccessExclusive)Lock$'));
  PERFORM pg_terminate_backend(pid, 10000) FROM unnest(writers) AS pid;
  PERFORM pg_stat_clear_snapshot();
  IF EXISTS (SELECT FROM pg_stat_activity WHERE pid = ANY (writers) AND usesysid <> 10) THEN
    RAISE 'a session that writes to the database % did not end within 10 s', current_database();
  END IF;
END
$$;
-- Nobody else gets into the schema; this is for who is given it by mistake.
REVOKE ALL ON ALL ROUTINES IN SCHEMA pgtenants FROM PUBLIC;
SELECT format('ALTER EXTENSION plpgsql ADD ROUTINE %s', oid::regprocedure) FROM pg_proc WHERE pronamespace = 'pgtenants'::regnamespace
\gexec
ALTER EXTENSION plpgsql ADD VIEW pgtenants.objects;
COMMIT;
