-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- How much value there was at a time, by currency and state as they were then, from
-- the journal.  expired: also what was past its expiry and not written down yet.
-- Amounts in minor units.  Reads the journal once; locks nothing.
CREATE OR REPLACE FUNCTION audit.total_at(at timestamptz)
RETURNS TABLE (currency text, state text, number bigint, amount numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_custom_plan
SET work_mem = '32MB'
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT v.currency, (ARRAY['pending', 'active', 'reserved', 'converted', 'expired', 'revoked'])
			[CASE WHEN j.state = 1 AND v.expires_at <= total_at.at THEN 4 ELSE j.state END + 1] AS state,
		count(*), sum(v.amount)
	FROM (SELECT j.home, j.value_id, max(j.version) AS version FROM journal j
		WHERE j.at <= total_at.at GROUP BY 1, 2) l
	JOIN journal j ON j.home = l.home AND j.value_id = l.value_id AND j.version = l.version
	JOIN value v ON v.home = l.home AND v.value_id = l.value_id
	GROUP BY 1, 2 ORDER BY 1, 2;
END
$$;
COMMENT ON FUNCTION audit.total_at(timestamptz) IS 'Values by currency and state, as it was at a time';
