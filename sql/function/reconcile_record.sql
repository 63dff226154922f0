-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Reconciles, and keeps the result for the managers' metrics; results of more than
-- 400 days ago go.  One at a time.
--
-- Locks nothing that anybody else waits for.
CREATE OR REPLACE FUNCTION tegata.reconcile_record()
RETURNS TABLE (kind text, currency text, expected numeric, found numeric, difference numeric, objects bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_at timestamptz := clock_timestamp();
	v_lines jsonb;
BEGIN
	v_lines := (SELECT coalesce(jsonb_agg(to_jsonb(l)), '[]') FROM audit.reconcile() l);
	INSERT INTO reconciliation (at, took_ms, objects, lines)
	VALUES (v_at, extract(epoch FROM clock_timestamp() - v_at) * 1000,
		(SELECT coalesce(sum((l->>'objects')::bigint), 0) FROM jsonb_array_elements(v_lines) l), v_lines);
	DELETE FROM reconciliation r WHERE r.at < v_at - interval '400 days';
	RETURN QUERY SELECT * FROM jsonb_to_recordset(v_lines) AS l(kind text, currency text, expected numeric,
		found numeric, difference numeric, objects bigint);
END
$$;
COMMENT ON FUNCTION tegata.reconcile_record() IS 'Reconciles and keeps the result';
