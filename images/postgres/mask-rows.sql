-- For psql, as the owner of a tenant's database: takes every row out and leaves all that is made of names. What extensions keep stays.
SET search_path = pg_catalog;
SELECT format('TRUNCATE %s RESTART IDENTITY', string_agg(format('%I.%I', nspname, relname), ', '))
  FROM pg_class JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
 WHERE relkind IN ('r', 'p') AND nspname <> 'information_schema' AND nspname !~ '^pg_'
   AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
HAVING count(*) > 0
\gexec
SELECT format(CASE relkind WHEN 'S' THEN 'ALTER SEQUENCE %I.%I RESTART' ELSE 'REFRESH MATERIALIZED VIEW %I.%I WITH NO DATA' END, nspname, relname)
  FROM pg_class JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
 WHERE relkind IN ('S', 'm') AND nspname <> 'information_schema' AND nspname !~ '^pg_'
   AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
\gexec
SELECT lo_unlink(oid) FROM pg_largeobject_metadata;
