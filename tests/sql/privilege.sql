-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Who may do what, and that everything is explained.
BEGIN;
SET search_path = tegata, public;
SELECT plan(26);
CREATE VIEW t.functions AS SELECT p.* FROM pg_proc p WHERE p.pronamespace IN ('tegata'::regnamespace, 'audit'::regnamespace);
CREATE VIEW t.tables AS SELECT c.* FROM pg_class c WHERE c.relnamespace = 'tegata'::regnamespace AND c.relkind IN ('r', 'p', 'S');

SELECT is_empty($$SELECT oid::regprocedure FROM t.functions WHERE has_function_privilege('public', oid, 'EXECUTE')$$, 'PUBLIC can execute nothing');
SELECT is_empty($$SELECT oid::regclass FROM t.tables WHERE relkind <> 'S' AND has_table_privilege('public', oid, 'SELECT,INSERT,UPDATE,DELETE')$$, 'or read a table');
SELECT is_empty($$SELECT r, oid::regclass FROM t.tables, unnest('{tegata_ledger,tegata_outbox,tegata_sealer,tegata_operator,tegata_auditor}'::name[]) r
	WHERE relkind <> 'S' AND has_any_column_privilege(r, oid, 'SELECT,INSERT,UPDATE')$$, 'no role reads or writes a table');
SELECT is_empty($$SELECT r, oid::regclass FROM t.tables, unnest('{tegata_ledger,tegata_outbox,tegata_sealer,tegata_operator,tegata_auditor}'::name[]) r
	WHERE relkind = 'S' AND has_sequence_privilege(r, oid, 'USAGE,SELECT,UPDATE')$$, 'or a sequence');
-- Exactly these, of all functions there are; anything else is a mistake in grant.sql.
CREATE FUNCTION t.may(role name) RETURNS text[] LANGUAGE sql AS $$
	SELECT coalesce(array_agg(DISTINCT n.nspname || '.' || f.proname ORDER BY n.nspname || '.' || f.proname), '{}')
	FROM t.functions f JOIN pg_namespace n ON n.oid = f.pronamespace WHERE has_function_privilege(role, f.oid, 'EXECUTE') $$;
CREATE FUNCTION t.named(names text) RETURNS text[] LANGUAGE sql AS $$
	SELECT coalesce(array_agg(n ORDER BY n), '{}') FROM regexp_split_to_table(trim(names), '\s+') n WHERE n <> '' $$;
SELECT is(t.may('tegata_ledger'), t.named('tegata.account_balance tegata.lease_list tegata.lease_release tegata.lease_take
	tegata.manager_beat tegata.manager_leave tegata.manager_sweep
	tegata.operation_history tegata.operation_seen tegata.outbox_expire tegata.outbox_heard tegata.outbox_put tegata.outbox_receipt tegata.outbox_renew
	tegata.outbox_result tegata.outbox_state tegata.outbox_take tegata.outbox_tell tegata.outcome_code tegata.ownership_check
	tegata.partition_ensure tegata.pin_check tegata.pin_set
	tegata.product_list tegata.question_answer tegata.question_expire tegata.question_of_terminal tegata.question_open
	tegata.receipts_set tegata.reconcile_last tegata.reconcile_record tegata.request_forget tegata.service_state tegata.sms_seen
	tegata.standby_flushed tegata.standby_state tegata.terminal_by_number tegata.terminal_enter tegata.value_expire tegata.value_issue
	tegata.value_issue_settle tegata.value_list tegata.value_transfer tegata.value_transfer_quote'), 'the manager has these');
SELECT is(t.may('tegata_operator'), t.named('tegata.lease_list tegata.operator_account_settle tegata.operator_approvals
	tegata.operator_approve tegata.operator_explain_value tegata.operator_feed tegata.operator_maintenance
	tegata.operator_outbox tegata.operator_pin_clear tegata.operator_pin_unblock tegata.operator_product_list
	tegata.operator_product_set tegata.operator_receipts tegata.operator_reject tegata.operator_seal_key_add tegata.operator_seal_key_end
	tegata.operator_setting tegata.operator_shop_add tegata.operator_shop_key_add tegata.operator_shop_key_revoke
	tegata.operator_show_terminal tegata.operator_show_value tegata.operator_terminal_import tegata.operator_terminal_recycle
	tegata.operator_terminal_status tegata.operator_terminal_swap tegata.operator_top_up tegata.operator_top_up_reverse
	tegata.outcome_code tegata.partition_ensure tegata.product_list tegata.reconcile_record tegata.service_state
	tegata.value_id_text'), 'operators have theirs');
SELECT is(t.may('tegata_auditor'), t.named('audit.day_total audit.owner_at audit.ownership audit.reconcile
	audit.terminal_report audit.texts_about audit.total_at audit.violations_since tegata.arguments_redact tegata.text_redact
	tegata.value_id_text'), 'auditors ask questions, and write ids');
SELECT is(t.may('tegata_sealer'), t.named('tegata.seal_add tegata.seal_after tegata.seal_bound tegata.seal_list_add tegata.seal_resume
	tegata.seal_rows tegata.seal_state tegata.seal_summarize tegata.standby_flushed tegata.standby_state'), 'the sealer has these');
SELECT is(t.may('tegata_outbox'), '{}', 'the sender has none yet');
SELECT is_empty($$SELECT r, relname FROM pg_class c, unnest('{tegata_ledger,tegata_outbox,tegata_sealer,tegata_operator}'::name[]) r
	WHERE relnamespace = 'audit'::regnamespace AND relkind = 'v' AND has_any_column_privilege(r, c.oid, 'SELECT,INSERT,UPDATE')$$, 'only auditors read the audit');
SELECT is_empty($$SELECT relname FROM pg_class c WHERE relnamespace = 'audit'::regnamespace AND relkind = 'v'
	AND (NOT has_table_privilege('tegata_auditor', c.oid, 'SELECT') OR has_any_column_privilege('tegata_auditor', c.oid, 'INSERT,UPDATE')
		OR has_table_privilege('tegata_auditor', c.oid, 'DELETE,TRUNCATE,TRIGGER,REFERENCES'))$$, 'all of it, and no more than read');
SELECT results_eq($$SELECT r::text COLLATE "default", has_schema_privilege(r, 'tegata', 'USAGE'), has_schema_privilege(r, 'audit', 'USAGE'),
		has_schema_privilege(r, 'tegata', 'CREATE') OR has_schema_privilege(r, 'audit', 'CREATE')
	FROM unnest('{public,tegata_auditor,tegata_ledger,tegata_operator,tegata_outbox,tegata_sealer}'::name[]) r ORDER BY 1$$,
	$$VALUES ('public', false, false, false), ('tegata_auditor', false, true, false), ('tegata_ledger', true, false, false),
		('tegata_operator', true, false, false), ('tegata_outbox', false, false, false), ('tegata_sealer', true, false, false)$$, 'who enters which schema');
SELECT is(has_table_privilege('tegata_auditor', 'audit.violations', 'SELECT') AND has_schema_privilege('tegata_auditor', 'audit', 'USAGE'), true, 'auditors read the audit');
SELECT is_empty($$SELECT proname FROM t.functions WHERE prosecdef AND NOT 'search_path=pg_catalog, tegata, pg_temp' = ANY (proconfig)$$, 'SECURITY DEFINER has a pinned search_path');
SELECT is_empty($$SELECT proname FROM t.functions WHERE has_function_privilege('tegata_ledger', oid, 'EXECUTE') AND NOT prosecdef AND proname <> 'outcome_code'$$, 'what the manager calls acts for the owner');
SELECT is_empty($$SELECT proname FROM t.functions WHERE proowner <> 'tegata_owner'::regrole UNION ALL SELECT relname FROM t.tables WHERE relowner <> 'tegata_owner'::regrole$$, 'one owner');
SELECT is((SELECT rolcanlogin OR rolsuper FROM pg_roles WHERE rolname = 'tegata_owner'), false, 'which nobody is');
SELECT is_empty($$SELECT rolname FROM pg_roles WHERE rolname LIKE 'tegata%' AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication)$$, 'no role is more than it must be');

SET ROLE tegata_owner;
CREATE FUNCTION tegata.later() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION audit.later() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE audit.sooner() LANGUAGE sql AS 'SELECT 1';
RESET ROLE;
SELECT is_empty($$SELECT f, r FROM unnest('{tegata.later(),audit.later(),audit.sooner()}'::regprocedure[]) f,
	unnest('{public,tegata_auditor,tegata_ledger,tegata_operator,tegata_outbox,tegata_sealer}'::name[]) r
	WHERE has_function_privilege(r, f, 'EXECUTE')$$, 'what is made later is closed too, to everybody');
DROP FUNCTION tegata.later(), audit.later();
DROP PROCEDURE audit.sooner();

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
