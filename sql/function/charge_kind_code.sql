-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Why money moves.
-- Locks nothing.  A name that does not exist is an error (case_not_found), so
-- that a mistyped one is found when a function's plan is made: with a constant
-- argument the call is folded there and costs nothing later.

CREATE OR REPLACE FUNCTION tegata.charge_kind_code(name text) RETURNS smallint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	CASE name
	WHEN 'issue' THEN RETURN 1;
	WHEN 'fee' THEN RETURN 2;
	WHEN 'transfer' THEN RETURN 3;
	WHEN 'conversion' THEN RETURN 4;
	WHEN 'refund' THEN RETURN 5;
	WHEN 'breakage' THEN RETURN 6;
	WHEN 'top_up' THEN RETURN 7;
	WHEN 'swap' THEN RETURN 8;
	WHEN 'write_off' THEN RETURN 9;
	END CASE;
END
$$;
COMMENT ON FUNCTION tegata.charge_kind_code(text) IS 'The number of a kind of movement, in charge';
