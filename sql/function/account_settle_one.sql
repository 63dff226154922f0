-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- One row of operator_account_settle.  Each movement has a row of operator_act,
-- and the reference one of its own, because accounts are of several currencies.
-- approval_id: as in operator_log.
CREATE OR REPLACE FUNCTION tegata.account_settle_one(number text, imsi text, reference text,
	reason text, approval_id bigint, OUT outcome smallint, OUT note text, OUT repeated boolean)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_imsi text := nullif(account_settle_one.imsi, '');
	v_reference text := account_settle_one.reference;
	v_approval bigint := account_settle_one.approval_id;
	v_arguments jsonb := jsonb_strip_nulls(jsonb_build_object('number', number, 'imsi', v_imsi,
		'reference', v_reference));
	v_first operator_act;
	v_old terminal;
	v_account account;
	v_net bigint;
	v_cause bigint;
BEGIN
	repeated := false;
	SELECT * INTO v_first FROM operator_act o
	WHERE o.act = 'account_settle' AND o.reference = v_reference;
	SELECT * INTO v_old FROM terminal t
	WHERE t.address = number AND t.kind = 1
		AND CASE WHEN v_imsi IS NULL THEN t.status IN (1, 2) ELSE t.status <> 4 AND t.imsi = v_imsi END
	FOR UPDATE;
	outcome := outcome_code('ok');

	IF coalesce(v_reference, '') = '' THEN
		outcome := outcome_code('reference_malformed');
		note := 'a settlement needs a reference';
	ELSIF v_first.act_id IS NOT NULL THEN
		repeated := v_first.arguments - 'approval' = v_arguments;
		outcome := CASE WHEN repeated THEN v_first.outcome ELSE outcome_code('request_conflict') END;
		note := format('the reference was used on %s', v_first.at);
	ELSIF v_old.terminal_id IS NULL THEN
		outcome := outcome_code('terminal_unknown');
	ELSIF v_old.status = terminal_status_code('active') THEN
		outcome := outcome_code('value_state');
		note := 'block it first';
	ELSIF approval_misses(v_approval, v_old.terminal_id) THEN
		outcome := outcome_code('request_conflict');
		note := 'the number belongs to another terminal by now';
	ELSIF v_approval IS NULL AND EXISTS (SELECT FROM account a
		WHERE a.home = v_old.home AND a.terminal_id = v_old.terminal_id
			AND abs(a.balance - a.accrued) > approval_limit(a.currency)) THEN
		outcome := outcome_code('pending');
		note := approval_ask('account_settle', v_arguments, reason, v_old.terminal_id);
		RETURN;
	ELSE
		FOR v_account IN SELECT * FROM account a
			WHERE a.home = v_old.home AND a.terminal_id = v_old.terminal_id
				AND (a.balance > 0 OR a.accrued > 0)
			ORDER BY a.currency FOR UPDATE
		LOOP
			v_net := v_account.balance - v_account.accrued;
			UPDATE account a SET balance = 0, accrued = 0
			WHERE a.home = v_old.home AND a.terminal_id = v_old.terminal_id
				AND a.currency = v_account.currency;
			CONTINUE WHEN v_net = 0;
			v_cause := movement_id_draw(v_old.terminal_id);
			INSERT INTO charge (cause_id, debit_account, credit_account, amount, at, version, home,
				kind, currency)
			VALUES (v_cause, CASE WHEN v_net > 0 THEN v_old.terminal_id ELSE -6 END,
				CASE WHEN v_net > 0 THEN -3 ELSE v_old.terminal_id END, abs(v_net),
				clock_timestamp(), 0, v_old.home,
				CASE WHEN v_net > 0 THEN charge_kind_code('refund') ELSE charge_kind_code('write_off') END,
				v_account.currency);
			PERFORM operator_log('account_settle', v_arguments || jsonb_build_object('currency',
				v_account.currency, 'amount', abs(v_net)), reason, outcome, v_old.terminal_id, v_cause,
				approval_id => v_approval);
			note := concat_ws(', ', note, format(CASE WHEN v_net > 0 THEN '%s %s to be paid back'
				ELSE '%s %s given up' END, abs(v_net), v_account.currency));
		END LOOP;
		note := coalesce(note || ' (minor units)', 'nothing to settle');
	END IF;
	PERFORM operator_log('account_settle', v_arguments, reason, outcome, v_old.terminal_id, NULL,
		CASE WHEN v_cause IS NOT NULL THEN v_reference END, v_approval);
END
$$;
COMMENT ON FUNCTION tegata.account_settle_one(text, text, text, text, bigint) IS 'Settles the accounts of one terminal';
