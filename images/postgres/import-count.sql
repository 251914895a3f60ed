-- For psql: a line of JSON for each table, with schema, name and rows, and one for the large objects. What extensions brought along
-- is not counted.
SELECT format('SELECT json_build_array(%L::text, %L::text, count(*)) FROM ONLY %I.%I', nspname, relname, nspname, relname)
  FROM pg_class JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
 WHERE relkind = 'r' AND relpersistence <> 't' AND nspname <> 'information_schema' AND nspname !~ '^pg_'
   AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
 ORDER BY nspname COLLATE "C", relname COLLATE "C"
\gexec
SELECT json_build_array(''::text, 'large objects'::text, count(*)) FROM pg_largeobject_metadata;
