-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The last result of reconciliation, for metrics: a row each kind and currency; one
-- with kind NULL where there was nothing to compare; no row: it never ran.
-- difference: NULL where 63 bits do not hold it.  Locks nothing.
CREATE OR REPLACE FUNCTION tegata.reconcile_last()
RETURNS TABLE (at timestamptz, took_ms bigint, kind text, currency text, difference bigint, objects bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	RETURN QUERY
	SELECT r.at, r.took_ms, l.kind, l.currency,
		CASE WHEN abs(l.difference) < 9223372036854775807 THEN l.difference::bigint END, l.objects
	FROM (SELECT * FROM reconciliation r ORDER BY r.run_id DESC LIMIT 1) r
	LEFT JOIN LATERAL jsonb_to_recordset(r.lines) AS l(kind text, currency text, difference numeric,
		objects bigint) ON true;
END
$$;
COMMENT ON FUNCTION tegata.reconcile_last() IS 'The last result of reconciliation';
