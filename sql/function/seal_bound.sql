-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Where to end an interval that begins at from_xact, at to_xact at the latest,
-- so that it has at most max_rows rows; a single transaction is never cut.
--
-- Locks nothing.  The planner is told to use the BRIN indexes: its statistics
-- of a table that only grows never know the rows of the last seconds.
CREATE OR REPLACE FUNCTION tegata.seal_bound(from_xact bigint, to_xact bigint, max_rows bigint)
RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET enable_seqscan = off
SET enable_indexscan = off
SET enable_indexonlyscan = off
AS $$
DECLARE
	v_from bigint := from_xact;
	v_to bigint := to_xact;
BEGIN
	WHILE v_to - v_from > 1 AND (SELECT count(*) FROM (
			SELECT FROM journal j WHERE j.xact >= v_from AND j.xact < v_to
			UNION ALL SELECT FROM charge c WHERE c.xact >= v_from AND c.xact < v_to
			UNION ALL SELECT FROM operator_act a WHERE a.xact >= v_from AND a.xact < v_to
			LIMIT max_rows + 1) r) > max_rows
	LOOP
		v_to := v_from + (v_to - v_from) / 2;
	END LOOP;
	RETURN v_to;
END
$$;
COMMENT ON FUNCTION tegata.seal_bound(bigint, bigint, bigint) IS 'Where an interval ends that shall not have too many rows';
