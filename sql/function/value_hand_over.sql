-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Everything that a quarantined terminal owns or owes goes to its successor:
-- values that are not at their end, balance and debt of every account, mode and
-- credit limit where the successor's account was never used.
--
-- Locks: both terminals' accounts in the order of their key, then the values in
-- the order of theirs, and waits for them.  Returns how many values went.
CREATE OR REPLACE FUNCTION tegata.value_hand_over(from_id bigint, to_id bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
DECLARE
	v_now timestamptz;
	v_n bigint;
	v_old account;
	v_cause bigint;
BEGIN
	PERFORM account_ensure(array_agg(to_id), array_agg(a.currency))
	FROM account a WHERE a.home = (from_id & 63)::smallint AND a.terminal_id = from_id;
	PERFORM FROM account a WHERE a.terminal_id IN (from_id, to_id)
		AND a.home IN ((from_id & 63)::smallint, (to_id & 63)::smallint)
	ORDER BY a.home, a.terminal_id, a.currency FOR UPDATE;
	PERFORM FROM value v WHERE v.owner_id = from_id AND v.state IN (0, 1, 2)
	ORDER BY v.home, v.value_id FOR UPDATE;
	v_now := clock_timestamp();

	FOR v_old IN SELECT * FROM account a
		WHERE a.home = (from_id & 63)::smallint AND a.terminal_id = from_id
	LOOP
		UPDATE account a
		SET balance = a.balance + v_old.balance, accrued = a.accrued + v_old.accrued,
			mode = CASE WHEN a.balance = 0 AND a.accrued = 0 AND a.credit_limit = 0
				THEN v_old.mode ELSE a.mode END,
			credit_limit = CASE WHEN a.balance = 0 AND a.accrued = 0 AND a.credit_limit = 0
				THEN v_old.credit_limit ELSE a.credit_limit END
		WHERE a.home = (to_id & 63)::smallint AND a.terminal_id = to_id
			AND a.currency = v_old.currency;
		UPDATE account a SET balance = 0, accrued = 0, credit_limit = 0
		WHERE a.home = v_old.home AND a.terminal_id = from_id AND a.currency = v_old.currency;
		v_cause := movement_id_draw(from_id);
		INSERT INTO charge (cause_id, debit_account, credit_account, amount, at, version, home,
			kind, currency)
		SELECT m.cause_id, m.debit, m.credit, m.amount, v_now, 0, from_id & 63,
			charge_kind_code('swap'), v_old.currency
		FROM (VALUES (v_cause, from_id, to_id, v_old.balance),
			(movement_id_draw(from_id), to_id, from_id, v_old.accrued))
			AS m(cause_id, debit, credit, amount)
		WHERE m.amount > 0;
	END LOOP;

	WITH moved AS (
		UPDATE value v SET owner_id = to_id, owner_since = v_now, version = v.version + 1
		WHERE v.owner_id = from_id AND v.state IN (0, 1, 2)
		RETURNING v.value_id, v.home, v.version, v.state
	)
	INSERT INTO journal (value_id, owner_id, at, version, home, operation, state)
	SELECT value_id, to_id, v_now, version, home, operation_code('swap'), state FROM moved;
	GET DIAGNOSTICS v_n = ROW_COUNT;
	RETURN v_n;
END
$$;
COMMENT ON FUNCTION tegata.value_hand_over(bigint, bigint)
	IS 'Values and accounts of a terminal go to its successor';
