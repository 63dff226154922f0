-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Seals above a number, at most max_rows, for publishing.  Locks nothing.
CREATE OR REPLACE FUNCTION tegata.seal_after(number bigint, max_rows int) RETURNS SETOF tegata.seal
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY SELECT s.* FROM seal s WHERE s.number > seal_after.number
		ORDER BY s.number LIMIT max_rows;
END
$$;
COMMENT ON FUNCTION tegata.seal_after(bigint, int) IS 'Seals above a number';
