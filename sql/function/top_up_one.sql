-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- One row of operator_top_up.  approval_id: as in operator_log.
CREATE OR REPLACE FUNCTION tegata.top_up_one(number text, currency text, amount bigint,
	reference text, reason text, approval_id bigint, OUT outcome smallint, OUT note text,
	OUT repeated boolean, OUT balance bigint)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
DECLARE
	v_arguments jsonb := jsonb_build_object('number', number, 'currency', currency,
		'amount', amount, 'reference', reference);
	v_max bigint := (SELECT s.value::bigint FROM setting s WHERE s.name = 'top_up_max_' || currency);
	v_first operator_act;
	v_id bigint;
	v_cause bigint;
	v_account account;
BEGIN
	repeated := false;
	-- Before any status is read: terminal_settled relies on it.  The lock: a blocked terminal
	-- does not retire meanwhile.
	PERFORM pg_current_xact_id();
	SELECT * INTO v_first FROM operator_act o
	WHERE o.act = 'top_up' AND o.reference = top_up_one.reference;
	SELECT t.terminal_id INTO v_id FROM terminal t
	WHERE t.address = number AND t.status IN (1, 2) AND t.kind = 1 FOR SHARE;
	outcome := outcome_code('ok');

	IF coalesce(reference, '') = '' THEN
		outcome := outcome_code('reference_malformed');
		note := 'a top-up needs the payment''s reference';
	ELSIF v_first.act_id IS NOT NULL THEN
		repeated := v_first.arguments - 'approval' = v_arguments;
		outcome := CASE WHEN repeated THEN v_first.outcome ELSE outcome_code('request_conflict') END;
		note := format('the reference was used on %s', v_first.at);
	ELSIF v_id IS NULL THEN
		outcome := outcome_code('terminal_unknown');
	ELSIF currency IS NULL OR currency !~ '^[A-Z]{3}$' THEN
		outcome := outcome_code('body_malformed');
		note := 'currency is an ISO 4217 code';
	ELSIF amount IS NULL OR amount NOT BETWEEN 1 AND 1000000000000000 THEN
		outcome := outcome_code('amount_malformed');
	ELSIF amount > v_max THEN
		outcome := outcome_code('amount_not_allowed');
		note := format('more than a single top-up may be: %s minor units', v_max);
	ELSIF approval_misses(approval_id, v_id) THEN
		outcome := outcome_code('request_conflict');
		note := 'the number belongs to another terminal by now';
	ELSE
		PERFORM account_ensure(ARRAY[v_id], ARRAY[currency]);
		SELECT * INTO v_account FROM account a
		WHERE a.home = (v_id & 63)::smallint AND a.terminal_id = v_id
			AND a.currency = top_up_one.currency FOR UPDATE;
		IF approval_id IS NULL AND top_up_alone(v_id, currency) + amount > approval_limit(currency) THEN
			outcome := outcome_code('pending');
			note := approval_ask('top_up', v_arguments, reason, v_id);
			RETURN;
		END IF;
	END IF;

	IF outcome = 0 AND NOT repeated THEN
		v_cause := movement_id_draw(v_id);
		-- What is owed is paid first.
		UPDATE account a
		SET accrued = a.accrued - least(a.accrued, amount),
			balance = a.balance + amount - least(a.accrued, amount)
		WHERE a.home = (v_id & 63)::smallint AND a.terminal_id = v_id
			AND a.currency = top_up_one.currency
		RETURNING * INTO v_account;
		INSERT INTO charge (cause_id, debit_account, credit_account, amount, at, version, home,
			kind, currency)
		VALUES (v_cause, -3, v_id, amount, clock_timestamp(), 0, v_id & 63,
			charge_kind_code('top_up'), currency);
		balance := v_account.balance + CASE WHEN v_account.mode = 2
			THEN greatest(v_account.credit_limit - v_account.accrued, 0) ELSE 0 END;
	END IF;
	PERFORM operator_log('top_up', v_arguments, reason, outcome, v_id, v_cause,
		CASE WHEN outcome = 0 AND NOT repeated THEN reference END, approval_id);
END
$$;
COMMENT ON FUNCTION tegata.top_up_one(text, text, bigint, text, text, bigint) IS 'Books one top-up';
