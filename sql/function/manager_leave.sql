-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A manager ends, and owes nobody a word.  Locks its row.  Idempotent.
CREATE OR REPLACE FUNCTION tegata.manager_leave(instance text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	DELETE FROM manager_alive a WHERE a.instance = manager_leave.instance;
END
$$;
COMMENT ON FUNCTION tegata.manager_leave(text) IS 'A manager ends in good order';
