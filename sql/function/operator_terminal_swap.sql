-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The same person has another SIM: values and accounts follow, and the terminal
-- cannot issue or transfer for swap_freeze_hours.  IMSI NULL: the one that is
-- active on the number already.
--
-- Locks each row's terminals, then their accounts and values, and waits for
-- them; waits up to 5 s for older transactions, and must come first in its
-- transaction.
-- Idempotent: the same again is ok.
--
-- Outcomes in precedence: terminal_unknown, number_malformed, request_conflict
-- (the IMSI is another's, or another SIM is active on the number), again, pending (it has
-- more than setting approval: waits for a second operator), ok.
CREATE OR REPLACE FUNCTION tegata.operator_terminal_swap(numbers text[], imsis text[], reason text)
RETURNS TABLE (ord int, outcome smallint, note text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
DECLARE
	v_settled bigint[];
BEGIN
	PERFORM batch_check(cardinality(numbers), cardinality(imsis));
	v_settled := terminal_settled(numbers);
	FOR i IN 1 .. cardinality(numbers) LOOP
		ord := i;
		SELECT o.outcome, o.note
		INTO operator_terminal_swap.outcome, operator_terminal_swap.note
		FROM terminal_swap_one(numbers[i], imsis[i], v_settled, reason, NULL) o;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.operator_terminal_swap(text[], text[], text) IS 'SIM swaps: values follow';
