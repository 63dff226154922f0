-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Blocks, unblocks or retires terminals; number may be a shop code.  A terminal
-- is blocked first, in a transaction of its own, and retired when it owns
-- nothing, has no balance and owes nothing (operator_account_settle).  What a
-- blocked terminal owns stays its own.
--
-- Locks each row's terminal, and waits for it.  Retiring waits up to 5 s for
-- older transactions, and must come first in its transaction.
-- Idempotent: the same again is ok.
--
-- Outcomes in precedence: terminal_unknown, ok (it is so already), value_state
-- (not blocked), again (older transactions still run), value_state (owns value,
-- has money or debt),
-- pending (unblocking what has more than setting approval: waits for a second
-- operator), ok.
CREATE OR REPLACE FUNCTION tegata.operator_terminal_status(numbers text[], action text, reason text)
RETURNS TABLE (ord int, outcome smallint, note text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
DECLARE
	v_settled bigint[] := '{}';
BEGIN
	IF action = 'retire' THEN
		v_settled := terminal_settled(numbers);
	END IF;
	FOR i IN 1 .. cardinality(numbers) LOOP
		ord := i;
		SELECT o.outcome, o.note
		INTO operator_terminal_status.outcome, operator_terminal_status.note
		FROM terminal_status_one(numbers[i], action, v_settled, reason, NULL) o;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.operator_terminal_status(text[], text, text)
	IS 'Blocks, unblocks or retires terminals';
