-- For psql, by the superuser: the lines of import-count.sql, without planning a query on a table of the tenant's.
SELECT set_config('pgtenants.relations', coalesce(string_agg(pg_class.oid::text, ' '), ''), false)
  FROM pg_class JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
 WHERE relkind = 'r' AND relpersistence <> 't' AND nspname <> 'information_schema' AND nspname !~ '^pg_'
   AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
\g /dev/null
\ir count-rows.sql
SELECT json_build_array(schema, name, rows) FROM json_to_recordset(current_setting('pgtenants.counted')::json) AS counted (schema text, name text, rows bigint)
 ORDER BY schema COLLATE "C", name COLLATE "C";
SELECT json_build_array(''::text, 'large objects'::text, count(*)) FROM pg_largeobject_metadata;
