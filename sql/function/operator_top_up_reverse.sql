-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Takes a wrong top-up back: the opposite movement is booked, once, where the
-- account still has the money.  reference: that of the top-up.
--
-- Locks the terminal (for others to read) and its account, and waits for them.
-- Idempotency: the reference.  Two sessions at this moment: the later one raises
-- unique_violation, and repeats.
--
-- Outcomes in precedence: reference_malformed, ok (repeated), not_found (no such
-- top-up), value_state (the terminal has retired), funds_insufficient (spent in
-- the meantime, or gone to another terminal by a SIM swap), ok.
CREATE OR REPLACE FUNCTION tegata.operator_top_up_reverse(reference text, reason text,
	OUT outcome smallint, OUT note text, OUT repeated boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
DECLARE
	v_reference text := operator_top_up_reverse.reference;
	v_top_up operator_act;
	v_first operator_act;
	v_terminal terminal;
	v_account account;
	v_amount bigint;
	v_cause bigint;
BEGIN
	-- As in top_up_one.
	PERFORM pg_current_xact_id();
	SELECT * INTO v_top_up FROM operator_act o WHERE o.act = 'top_up' AND o.reference = v_reference;
	v_amount := (v_top_up.arguments->>'amount')::bigint;
	SELECT * INTO v_terminal FROM terminal t WHERE t.terminal_id = v_top_up.terminal_id FOR SHARE;
	SELECT * INTO v_account FROM account a
	WHERE a.home = v_terminal.home AND a.terminal_id = v_terminal.terminal_id
		AND a.currency = v_top_up.arguments->>'currency' FOR UPDATE;
	SELECT * INTO v_first FROM operator_act o
	WHERE o.act = 'top_up_reverse' AND o.reference = v_reference;
	repeated := v_first.act_id IS NOT NULL;
	outcome := CASE
		WHEN coalesce(v_reference, '') = '' THEN outcome_code('reference_malformed')
		WHEN repeated THEN outcome_code('ok')
		WHEN v_top_up.act_id IS NULL THEN outcome_code('not_found')
		WHEN v_terminal.status = terminal_status_code('retired') THEN outcome_code('value_state')
		WHEN v_amount > v_account.balance + CASE v_account.mode WHEN 2
			THEN greatest(v_account.credit_limit - v_account.accrued, 0) ELSE 0 END
			THEN outcome_code('funds_insufficient')
		ELSE outcome_code('ok')
	END;
	note := CASE
		WHEN repeated THEN format('it was reversed on %s', v_first.at)
		WHEN outcome = outcome_code('not_found') THEN 'no top-up has this reference'
		WHEN outcome = outcome_code('value_state') THEN 'the terminal has retired'
		WHEN outcome = outcome_code('funds_insufficient') THEN format(
			'the account has %s of %s minor units left', v_account.balance, v_amount)
		WHEN outcome = 0 THEN format('%s: %s %s (minor units) taken back', v_terminal.address,
			v_amount, v_account.currency)
	END;

	IF outcome = 0 AND NOT repeated THEN
		v_cause := movement_id_draw(v_terminal.terminal_id);
		UPDATE account a
		SET balance = a.balance - least(a.balance, v_amount),
			accrued = a.accrued + v_amount - least(a.balance, v_amount)
		WHERE a.home = v_account.home AND a.terminal_id = v_account.terminal_id
			AND a.currency = v_account.currency;
		INSERT INTO charge (cause_id, debit_account, credit_account, amount, at, version, home,
			kind, currency)
		VALUES (v_cause, v_terminal.terminal_id, -3, v_amount, clock_timestamp(), 0, v_terminal.home,
			charge_kind_code('refund'), v_account.currency);
	END IF;
	PERFORM operator_log('top_up_reverse', jsonb_build_object('reference', v_reference,
		'amount', v_amount, 'currency', v_account.currency), reason, outcome, v_terminal.terminal_id,
		v_cause, CASE WHEN v_cause IS NOT NULL THEN v_reference END);
END
$$;
COMMENT ON FUNCTION tegata.operator_top_up_reverse(text, text) IS 'Takes a wrong top-up back, once';
