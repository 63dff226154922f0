-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Who may do what: everything is taken away, then given by name.  Append-only
-- is enforced here: nobody but the owner's functions writes a table.

REVOKE ALL ON SCHEMA tegata, audit FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA tegata, audit
	FROM PUBLIC, tegata_ledger, tegata_outbox, tegata_sealer, tegata_auditor, tegata_operator;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA tegata, audit
	FROM PUBLIC, tegata_ledger, tegata_outbox, tegata_sealer, tegata_auditor, tegata_operator;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA tegata, audit
	FROM PUBLIC, tegata_ledger, tegata_outbox, tegata_sealer, tegata_auditor, tegata_operator;

GRANT USAGE ON SCHEMA tegata TO tegata_ledger, tegata_operator, tegata_sealer;
GRANT USAGE ON SCHEMA audit TO tegata_auditor;
GRANT SELECT ON ALL TABLES IN SCHEMA audit TO tegata_auditor;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA audit TO tegata_auditor;
-- A view calls its functions in the reader's name.
GRANT EXECUTE ON FUNCTION tegata.value_id_text(bigint) TO tegata_auditor, tegata_operator;
GRANT EXECUTE ON FUNCTION tegata.text_redact(text), tegata.arguments_redact(jsonb) TO tegata_auditor;

DO $$
DECLARE
	v_name text;
BEGIN
	FOREACH v_name IN ARRAY ARRAY['terminal_enter', 'value_issue', 'value_issue_settle',
		'value_transfer', 'value_transfer_quote', 'ownership_check', 'value_list',
		'account_balance', 'operation_history', 'operation_seen', 'lease_take',
		'lease_release', 'lease_list', 'product_list', 'service_state', 'partition_ensure',
		'standby_state', 'standby_flushed', 'outcome_code', 'reconcile_record', 'reconcile_last',
		'request_forget', 'value_expire', 'terminal_by_number', 'sms_seen', 'outbox_put', 'outbox_tell',
		'outbox_take', 'outbox_renew', 'outbox_heard', 'outbox_result', 'outbox_receipt', 'outbox_expire',
		'outbox_state', 'receipts_set', 'question_open', 'question_answer', 'question_of_terminal',
		'question_expire', 'pin_check', 'pin_set', 'manager_beat', 'manager_leave',
		'manager_sweep']
	LOOP
		EXECUTE format('GRANT EXECUTE ON FUNCTION tegata.%I TO tegata_ledger', v_name);
	END LOOP;
	FOREACH v_name IN ARRAY ARRAY['operator_terminal_import', 'operator_terminal_status',
		'operator_terminal_swap', 'operator_terminal_recycle', 'operator_feed',
		'operator_top_up', 'operator_account_settle', 'operator_product_set', 'operator_shop_add',
		'operator_shop_key_add', 'operator_shop_key_revoke', 'operator_maintenance',
		'operator_setting', 'operator_explain_value', 'operator_seal_key_add', 'operator_seal_key_end',
		'operator_top_up_reverse', 'operator_approvals', 'operator_approve', 'operator_reject',
		'operator_pin_unblock', 'operator_pin_clear', 'operator_receipts', 'operator_outbox',
		'operator_show_terminal', 'operator_show_value', 'operator_product_list',
		'reconcile_record', 'lease_list',
		'product_list', 'service_state', 'partition_ensure', 'outcome_code']
	LOOP
		EXECUTE format('GRANT EXECUTE ON FUNCTION tegata.%I TO tegata_operator', v_name);
	END LOOP;
	FOREACH v_name IN ARRAY ARRAY['seal_state', 'seal_bound', 'seal_rows', 'seal_list_add',
		'seal_add', 'seal_after', 'seal_resume', 'seal_summarize', 'standby_state', 'standby_flushed']
	LOOP
		EXECUTE format('GRANT EXECUTE ON FUNCTION tegata.%I TO tegata_sealer', v_name);
	END LOOP;
END
$$;

-- Room for two months, before any manager asks for more.
SELECT tegata.partition_ensure(62);
