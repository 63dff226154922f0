-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The states of lib/value_state.h; tests/sql compares them.
-- Locks nothing.  A name that does not exist is an error (case_not_found), so
-- that a mistyped one is found when a function's plan is made: with a constant
-- argument the call is folded there and costs nothing later.

CREATE OR REPLACE FUNCTION tegata.value_state_code(name text) RETURNS smallint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	CASE name
	WHEN 'pending' THEN RETURN 0;
	WHEN 'active' THEN RETURN 1;
	WHEN 'reserved' THEN RETURN 2;
	WHEN 'converted' THEN RETURN 3;
	WHEN 'expired' THEN RETURN 4;
	WHEN 'revoked' THEN RETURN 5;
	END CASE;
END
$$;
COMMENT ON FUNCTION tegata.value_state_code(text) IS 'The number of a value''s state';
