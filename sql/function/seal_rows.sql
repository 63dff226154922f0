-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Opens a cursor over the rows of an interval, all columns, in canonical order
-- (lib/seal_row.h); source: journal, charge or operator_act.  The rights are those
-- of this moment, so the caller may FETCH, and sees no table.
--
-- Locks nothing.
CREATE OR REPLACE FUNCTION tegata.seal_rows(source text, from_xact bigint, to_xact bigint)
RETURNS refcursor
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET enable_seqscan = off
SET enable_indexscan = off
SET enable_indexonlyscan = off
AS $$
DECLARE
	v_rows refcursor := 'seal_' || source;
BEGIN
	CASE source
	WHEN 'journal' THEN
		OPEN v_rows NO SCROLL FOR SELECT j.* FROM journal j
			WHERE j.xact >= from_xact AND j.xact < to_xact ORDER BY j.value_id, j.version, j.home;
	WHEN 'charge' THEN
		OPEN v_rows NO SCROLL FOR SELECT c.* FROM charge c
			WHERE c.xact >= from_xact AND c.xact < to_xact
			ORDER BY c.cause_id, c.version, c.kind, c.home;
	WHEN 'operator_act' THEN
		OPEN v_rows NO SCROLL FOR SELECT a.* FROM operator_act a
			WHERE a.xact >= from_xact AND a.xact < to_xact ORDER BY a.act_id;
	END CASE;
	RETURN v_rows;
END
$$;
COMMENT ON FUNCTION tegata.seal_rows(text, bigint, bigint) IS 'A cursor over the rows of an interval, in the order of its tree';
