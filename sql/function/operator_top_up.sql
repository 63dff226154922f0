-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Books money that came in: what is owed is paid, the rest is balance.
--
-- Locks each row's terminal (for others to read) and account, and waits for them.
-- Idempotency: the payment's reference.  The same row again answers ok with
-- repeated = true and books nothing.  Two sessions with one reference at this
-- moment: the later one raises unique_violation, and repeats.
--
-- Outcomes in precedence: reference_malformed, ok (repeated) or request_conflict
-- (the reference was used for another number, currency or amount),
-- terminal_unknown, body_malformed (currency), amount_malformed,
-- amount_not_allowed (above setting top_up_max), pending (with what single operators
-- topped up in 24 hours it is above setting approval: waits for a second one), ok.
-- balance: what may be spent now; NULL for a repeat.
CREATE OR REPLACE FUNCTION tegata.operator_top_up(numbers text[], currencies text[],
	amounts bigint[], refs text[], reason text)
RETURNS TABLE (ord int, outcome smallint, note text, repeated boolean, balance bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	PERFORM batch_check(cardinality(numbers), cardinality(currencies), cardinality(amounts),
		cardinality(refs));
	FOR i IN 1 .. cardinality(numbers) LOOP
		ord := i;
		SELECT o.outcome, o.note, o.repeated, o.balance
		INTO operator_top_up.outcome, operator_top_up.note, operator_top_up.repeated,
			operator_top_up.balance
		FROM top_up_one(numbers[i], currencies[i], amounts[i], refs[i], reason, NULL) o;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.operator_top_up(text[], text[], bigint[], text[], text)
	IS 'Books money that came in, once a reference';
