-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The number belongs to another person now.  The IMSI says who had it before:
-- whoever has the number with another IMSI is not touched.  Where the new person
-- has not been seen yet the old row is quarantined first, and its values are
-- decided about when this is said again.
--
-- Locks each row's terminal, then the values in the order of their key, and
-- waits for them; waits up to 5 s for older transactions, and must come first in
-- its transaction.
-- Idempotent: said again and again it comes to its end, and stays there.
--
-- Outcomes in precedence: number_malformed (no IMSI), terminal_unknown (that
-- IMSI never had this number), ok (retired already), again, ok.
CREATE OR REPLACE FUNCTION tegata.operator_terminal_recycle(numbers text[], imsis text[], reason text)
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
		INTO operator_terminal_recycle.outcome, operator_terminal_recycle.note
		FROM terminal_recycle_one(numbers[i], imsis[i], v_settled, reason) o;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.operator_terminal_recycle(text[], text[], text)
	IS 'Numbers that belong to another person now';
