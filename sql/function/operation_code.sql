-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What changes a value; the first two are enum operation of manager/ledger.h.
-- Locks nothing.  A name that does not exist is an error (case_not_found), so
-- that a mistyped one is found when a function's plan is made: with a constant
-- argument the call is folded there and costs nothing later.

CREATE OR REPLACE FUNCTION tegata.operation_code(name text) RETURNS smallint
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	CASE name
	WHEN 'issue' THEN RETURN 1;
	WHEN 'transfer' THEN RETURN 2;
	WHEN 'settle' THEN RETURN 3;
	WHEN 'swap' THEN RETURN 4;
	WHEN 'lapse' THEN RETURN 5;
	END CASE;
END
$$;
COMMENT ON FUNCTION tegata.operation_code(text) IS 'The number of an operation, in journal and request';
