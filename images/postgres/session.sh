# shellcheck shell=sh
# For sourcing: how every session of the superuser's begins. A tenant gives its database settings of its own, of which some change what the text of a
# statement means, and others end a session: what the client asks for wins over them, also after psql's \connect. A script that needs another value
# adds it: the last one counts. The words of the program's own sessions, in components/superuserSession.ts, are the same.
export PGCLIENTENCODING=UTF8
PGOPTIONS='
-c search_path=pg_catalog,pg_temp
-c role=none
-c event_triggers=off
-c session_replication_role=origin
-c client_encoding=UTF8
-c standard_conforming_strings=on
-c backslash_quote=off
-c quote_all_identifiers=off
-c transform_null_equals=off
-c array_nulls=on
-c bytea_output=hex
-c DateStyle=ISO,YMD
-c IntervalStyle=postgres
-c TimeZone=UTC
-c extra_float_digits=1
-c xmlbinary=base64
-c xmloption=content
-c row_security=on
-c check_function_bodies=on
-c createrole_self_grant=
-c password_encryption=scram-sha-256
-c default_tablespace=
-c temp_tablespaces=
-c default_table_access_method=heap
-c default_transaction_read_only=off
-c default_transaction_deferrable=off
-c default_transaction_isolation=read\ committed
-c statement_timeout=0
-c lock_timeout=0
-c transaction_timeout=0
-c idle_session_timeout=0
-c idle_in_transaction_session_timeout=0
-c exit_on_error=off
-c local_preload_libraries=
-c session_preload_libraries=
-c restrict_nonsystem_relation_kind=
-c plpgsql.variable_conflict=error
-c plpgsql.extra_errors=none
-c plpgsql.extra_warnings=none
-c client_min_messages=warning
-c log_statement=none
-c log_min_error_statement=panic
-c log_min_duration_statement=-1
'
export PGOPTIONS
