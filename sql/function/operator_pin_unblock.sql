-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Terminals may try their PINs again, which stay as they are.
--
-- Locks each row's PIN, and waits for it.
--
-- Outcomes in precedence: terminal_unknown, not_found (no PIN, or it is not blocked),
-- pending (the terminal has more than setting approval: waits for a second operator), ok.
CREATE OR REPLACE FUNCTION tegata.operator_pin_unblock(numbers text[], reason text)
RETURNS TABLE (ord int, outcome smallint, note text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	FOR i IN 1 .. cardinality(numbers) LOOP
		ord := i;
		SELECT o.outcome, o.note INTO operator_pin_unblock.outcome, operator_pin_unblock.note
		FROM pin_one(numbers[i], 'unblock', reason, NULL) o;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.operator_pin_unblock(text[], text) IS 'Unblocks PINs';
