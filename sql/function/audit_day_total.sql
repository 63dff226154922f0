-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What happened on one day (UTC): changes of values by operation and the state they
-- led to, and movements of money by kind, in each currency.  Amounts in minor
-- units.  Reads that day by the journal's index of ranges and by keys; locks
-- nothing.
CREATE OR REPLACE FUNCTION audit.day_total(day date)
RETURNS TABLE (what text, kind text, state text, currency text, number bigint, amount numeric)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_custom_plan
SET work_mem = '32MB'
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	v_since timestamptz := day_total.day::timestamp AT TIME ZONE 'UTC';
	v_until timestamptz := (day_total.day + 1)::timestamp AT TIME ZONE 'UTC';
	v_from_id bigint := value_id_day(v_since) << 48;
	v_to_id bigint := value_id_day(v_until) << 48;
BEGIN
	RETURN QUERY
	WITH j AS MATERIALIZED (
		SELECT j.home, j.value_id, j.version, j.operation, j.state FROM journal j
		WHERE j.at >= v_since AND j.at < v_until
	)
	SELECT 'value', (ARRAY['issue', 'transfer', 'settle', 'swap', 'lapse'])[j.operation],
		(ARRAY['pending', 'active', 'reserved', 'converted', 'expired', 'revoked'])[j.state + 1],
		v.currency, count(*), sum(v.amount)
	FROM j JOIN value v ON v.home = j.home AND v.value_id = j.value_id
	GROUP BY j.operation, j.state, v.currency
	UNION ALL
	SELECT 'money', (ARRAY['issue', 'fee', 'transfer', 'conversion', 'refund', 'breakage', 'top_up',
			'swap', 'write_off'])[m.kind], NULL, m.currency, count(*), sum(m.amount)
	FROM (SELECT c.kind, c.currency, c.amount FROM j
		JOIN charge c ON c.home = j.home AND c.cause_id = j.value_id AND c.version = j.version
		UNION ALL
		SELECT c.kind, c.currency, c.amount FROM charge c
		WHERE c.home = ANY (ARRAY(SELECT generate_series(0, 63)::smallint))
			AND c.cause_id >= v_from_id AND c.cause_id < v_to_id AND c.version = 0) m
	GROUP BY m.kind, m.currency
	ORDER BY 1, 4, 2, 3;
END
$$;
COMMENT ON FUNCTION audit.day_total(date) IS 'What happened on one day, in each currency';
