-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Was an act approved for another terminal than the one that has the number now?
-- Locks nothing.
CREATE OR REPLACE FUNCTION tegata.approval_misses(approval_id bigint, terminal_id bigint) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	RETURN EXISTS (SELECT FROM approval p WHERE p.approval_id = approval_misses.approval_id
		AND p.terminal_id IS DISTINCT FROM approval_misses.terminal_id);
END
$$;
COMMENT ON FUNCTION tegata.approval_misses(bigint, bigint) IS 'Is the terminal another one than was approved?';
