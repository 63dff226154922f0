-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- enum terminal_status of manager/ledger.h; tests/sql compares them.
-- Locks nothing.  A name that does not exist is an error (case_not_found), so
-- that a mistyped one is found when a function's plan is made: with a constant
-- argument the call is folded there and costs nothing later.

CREATE OR REPLACE FUNCTION tegata.terminal_status_code(name text) RETURNS smallint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	CASE name
	WHEN 'active' THEN RETURN 1;
	WHEN 'blocked' THEN RETURN 2;
	WHEN 'quarantined' THEN RETURN 3;
	WHEN 'retired' THEN RETURN 4;
	END CASE;
END
$$;
COMMENT ON FUNCTION tegata.terminal_status_code(text) IS 'The number of a terminal''s status';
