-- For psql, on the source of an import: holds a snapshot, has it dumped by import-dump.sh, and counts its rows.
SET search_path = pg_catalog;
SET row_security = off;
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SELECT pg_export_snapshot() AS snapshot,
       (SELECT count(*) FROM pg_class JOIN pg_namespace AS namespace ON namespace.oid = relnamespace
         WHERE relkind = 'r' AND relpersistence <> 't' AND nspname <> 'information_schema' AND nspname !~ '^pg_') AS tables,
       pg_size_pretty(pg_database_size(current_database())) AS size
\gset
\setenv SNAPSHOT :snapshot
\setenv TABLES :tables
\setenv SIZE :size
\! /usr/local/lib/pgtenants/import-dump.sh snapshot
\if :SHELL_ERROR
  \quit
\endif
\ir import-count.sql
COMMIT;
