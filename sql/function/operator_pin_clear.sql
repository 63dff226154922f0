-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Terminals have no PIN any more, and may set one.
--
-- Locks each row's PIN, and waits for it.
--
-- Outcomes in precedence: terminal_unknown, not_found (no PIN), pending (the terminal
-- has more than setting approval: waits for a second operator), ok.
CREATE OR REPLACE FUNCTION tegata.operator_pin_clear(numbers text[], reason text)
RETURNS TABLE (ord int, outcome smallint, note text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	FOR i IN 1 .. cardinality(numbers) LOOP
		ord := i;
		SELECT o.outcome, o.note INTO operator_pin_clear.outcome, operator_pin_clear.note
		FROM pin_one(numbers[i], 'clear', reason, NULL) o;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.operator_pin_clear(text[], text) IS 'Takes PINs away';
