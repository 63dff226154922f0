-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The number belongs to another person now.  The row of the person who had it
-- is the one in quarantine, or, where the new person has not been seen yet, the
-- one that has the number: it is quarantined, and its values are decided about
-- when this is said again.
--
-- Locks each row's terminal, then the values in the order of their key, and
-- waits for them; waits up to 5 s for older transactions, and must come first in
-- its transaction.
-- Idempotent but for the second step above.
--
-- Outcomes in precedence: terminal_unknown, again, ok.
CREATE OR REPLACE FUNCTION tegata.operator_terminal_recycle(numbers text[], reason text)
RETURNS TABLE (ord int, outcome smallint, note text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
DECLARE
	v_settled bigint[] := terminal_settled(numbers);
BEGIN
	FOR i IN 1 .. cardinality(numbers) LOOP
		ord := i;
		SELECT o.outcome, o.note
		INTO operator_terminal_recycle.outcome, operator_terminal_recycle.note
		FROM terminal_recycle_one(numbers[i], v_settled, reason) o;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.operator_terminal_recycle(text[], text)
	IS 'Numbers that belong to another person now';
