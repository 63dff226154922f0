-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Empties the accounts of terminals that are blocked or quarantined, as somebody
-- has decided outside: what was paid in and not spent is paid back (top_up_received
-- gets it), what is owed is given up (written_off bears it).  Where an account has
-- both, they are set off against each other first.
--
-- IMSI NULL or empty: whoever has the number; else the one who had it with this IMSI.
--
-- Locks each row's terminal, then its accounts in the order of their key, and
-- waits for them.
-- Idempotency: the reference.  The same row again answers ok with repeated = true
-- and books nothing.  Two sessions with one reference at this moment: the later
-- one raises unique_violation, and repeats.
--
-- Outcomes in precedence: reference_malformed, ok (repeated) or request_conflict
-- (the reference was used for another), terminal_unknown, value_state (active),
-- pending (above setting approval: waits for a second operator), ok (the reference
-- is used up where something was booked).
CREATE OR REPLACE FUNCTION tegata.operator_account_settle(numbers text[], imsis text[], refs text[],
	reason text)
RETURNS TABLE (ord int, outcome smallint, note text, repeated boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	PERFORM batch_check(cardinality(numbers), cardinality(imsis), cardinality(refs));
	FOR i IN 1 .. cardinality(numbers) LOOP
		ord := i;
		SELECT o.outcome, o.note, o.repeated
		INTO operator_account_settle.outcome, operator_account_settle.note,
			operator_account_settle.repeated
		FROM account_settle_one(numbers[i], imsis[i], refs[i], reason, NULL) o;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.operator_account_settle(text[], text[], text[], text)
	IS 'Pays balances back and gives debts up, once a reference';
