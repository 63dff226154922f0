-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Who may do what, and that everything is explained.
BEGIN;
SET search_path = tegata, public;
SELECT plan(23);
CREATE VIEW t.functions AS SELECT p.* FROM pg_proc p WHERE p.pronamespace IN ('tegata'::regnamespace, 'audit'::regnamespace);
CREATE VIEW t.tables AS SELECT c.* FROM pg_class c WHERE c.relnamespace = 'tegata'::regnamespace AND c.relkind IN ('r', 'p', 'S');

SELECT is_empty($$SELECT oid::regprocedure FROM t.functions WHERE has_function_privilege('public', oid, 'EXECUTE')$$, 'PUBLIC can execute nothing');
SELECT is_empty($$SELECT oid::regclass FROM t.tables WHERE relkind <> 'S' AND has_table_privilege('public', oid, 'SELECT,INSERT,UPDATE,DELETE')$$, 'or read a table');
SELECT is_empty($$SELECT r, oid::regclass FROM t.tables, unnest('{tegata_ledger,tegata_outbox,tegata_sealer,tegata_operator,tegata_auditor}'::name[]) r
	WHERE relkind <> 'S' AND has_any_column_privilege(r, oid, 'SELECT,INSERT,UPDATE')$$, 'no role reads or writes a table');
SELECT is_empty($$SELECT r, oid::regclass FROM t.tables, unnest('{tegata_ledger,tegata_outbox,tegata_sealer,tegata_operator,tegata_auditor}'::name[]) r
	WHERE relkind = 'S' AND has_sequence_privilege(r, oid, 'USAGE,SELECT,UPDATE')$$, 'or a sequence');
SELECT is((SELECT array_agg(proname::text ORDER BY proname) FROM t.functions WHERE has_function_privilege('tegata_ledger', oid, 'EXECUTE')),
	'{account_balance,lease_list,lease_release,lease_take,operation_history,operation_seen,outcome_code,ownership_check,partition_ensure,product_list,service_state,standby_flushed,standby_state,terminal_enter,value_issue,value_issue_settle,value_list,value_transfer,value_transfer_quote}'::text[],
	'the manager has these');
SELECT is_empty($$SELECT proname FROM t.functions WHERE has_function_privilege('tegata_operator', oid, 'EXECUTE')
	AND proname NOT LIKE 'operator\_%' AND proname NOT IN ('value_id_text', 'lease_list', 'outcome_code', 'partition_ensure', 'product_list', 'service_state')$$, 'operators have theirs');
SELECT is(has_function_privilege('tegata_operator', 'operator_log(text,jsonb,text,smallint,bigint,bigint,text)', 'EXECUTE'), false, 'but not the journal itself');
SELECT is_empty($$SELECT r, proname FROM t.functions, unnest('{tegata_auditor,tegata_outbox}'::name[]) r WHERE has_function_privilege(r, oid, 'EXECUTE') AND proname <> 'value_id_text'$$, 'the others none but a way to write ids');
SELECT is((SELECT array_agg(proname::text ORDER BY proname) FROM t.functions WHERE has_function_privilege('tegata_sealer', oid, 'EXECUTE')),
	'{seal_add,seal_after,seal_bound,seal_list_add,seal_rows,seal_state,seal_summarize,standby_flushed,standby_state}'::text[], 'the sealer has these');
SELECT is(has_table_privilege('tegata_auditor', 'audit.violations', 'SELECT') AND has_schema_privilege('tegata_auditor', 'audit', 'USAGE'), true, 'auditors read the audit');
SELECT is_empty($$SELECT proname FROM t.functions WHERE prosecdef AND NOT 'search_path=pg_catalog, tegata, pg_temp' = ANY (proconfig)$$, 'SECURITY DEFINER has a pinned search_path');
SELECT is_empty($$SELECT proname FROM t.functions WHERE has_function_privilege('tegata_ledger', oid, 'EXECUTE') AND NOT prosecdef AND proname <> 'outcome_code'$$, 'what the manager calls acts for the owner');
SELECT is_empty($$SELECT proname FROM t.functions WHERE proowner <> 'tegata_owner'::regrole UNION ALL SELECT relname FROM t.tables WHERE relowner <> 'tegata_owner'::regrole$$, 'one owner');
SELECT is((SELECT rolcanlogin OR rolsuper FROM pg_roles WHERE rolname = 'tegata_owner'), false, 'which nobody is');
SELECT is_empty($$SELECT rolname FROM pg_roles WHERE rolname LIKE 'tegata%' AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication)$$, 'no role is more than it must be');

SET ROLE tegata_owner;
CREATE FUNCTION tegata.later() RETURNS int LANGUAGE sql AS 'SELECT 1';
RESET ROLE;
SELECT is(has_function_privilege('public', 'tegata.later()', 'EXECUTE'), false, 'what is made later is closed too');
DROP FUNCTION tegata.later();

SET LOCAL ROLE tegata_ledger;
SELECT lives_ok('SELECT * FROM tegata.product_list()', 'the manager''s role can work');
SELECT throws_ok('SELECT * FROM tegata.value', '42501', NULL, 'but not look');
SELECT throws_ok('SELECT tegata.operator_maintenance(true, ''x'')', '42501', NULL, 'nor be an operator');
RESET ROLE;

SELECT is_empty($$SELECT relname FROM pg_class WHERE relnamespace IN ('tegata'::regnamespace, 'audit'::regnamespace)
	AND relkind IN ('r', 'p', 'v', 'S') AND obj_description(oid, 'pg_class') IS NULL$$, 'every table and view has a comment');
SELECT is_empty($$SELECT attrelid::regclass, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
	WHERE relnamespace = 'tegata'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND attnum > 0 AND NOT attisdropped
	AND col_description(attrelid, attnum) IS NULL$$, 'every column');
SELECT is_empty($$SELECT oid::regprocedure FROM t.functions WHERE obj_description(oid, 'pg_proc') IS NULL$$, 'every function');
SELECT is_empty($$SELECT conrelid::regclass FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text ~ 'value|journal|charge|request|account'$$, 'no foreign key between hot tables');
SELECT * FROM finish();
ROLLBACK;
