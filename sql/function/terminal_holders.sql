-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Which terminals had a number at any time in [since, until), from when until when.
-- A terminal has a number until it is quarantined or retires, or its carrier gives
-- it another one.  Reads by keys; locks nothing.
CREATE OR REPLACE FUNCTION tegata.terminal_holders(number text, since timestamptz, until timestamptz)
RETURNS TABLE (terminal_id bigint, had_since timestamptz, had_until timestamptz)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	WITH candidate AS (
		SELECT t.* FROM terminal t
		WHERE (t.address = number AND t.status IN (1, 2)) OR (t.address = number AND t.status = 3)
			OR (t.address = number AND t.status = 4)
		UNION
		SELECT t.* FROM operator_act o JOIN terminal t ON t.terminal_id = o.terminal_id
		WHERE o.act = 'terminal_renumber' AND o.arguments->>'from' = number
	), change AS (
		SELECT o.terminal_id, o.at, o.arguments->>'from' AS was,
			lag(o.at) OVER (PARTITION BY o.terminal_id ORDER BY o.act_id) AS since
		FROM candidate c JOIN operator_act o ON o.terminal_id = c.terminal_id
		WHERE o.act = 'terminal_renumber' AND o.outcome = 0
	), period AS (
		SELECT h.terminal_id, coalesce(h.since, c.created_at) AS since, h.at AS until
		FROM change h JOIN candidate c ON c.terminal_id = h.terminal_id WHERE h.was = number
		UNION ALL
		SELECT c.terminal_id, coalesce((SELECT max(h.at) FROM change h WHERE h.terminal_id = c.terminal_id), c.created_at),
			CASE WHEN c.status IN (3, 4) THEN coalesce(c.quarantined_at,
				(SELECT max(o.at) FROM operator_act o WHERE o.terminal_id = c.terminal_id
					AND o.act = 'terminal_status' AND o.outcome = 0 AND o.arguments->>'action' = 'retire'))
			END
		FROM candidate c WHERE c.address = number
	)
	SELECT p.terminal_id, min(p.since), nullif(max(coalesce(p.until, 'infinity')), 'infinity')
	FROM period p
	WHERE p.since < terminal_holders.until AND coalesce(p.until, 'infinity') > terminal_holders.since
	GROUP BY p.terminal_id;
END
$$;
COMMENT ON FUNCTION tegata.terminal_holders(text, timestamptz, timestamptz) IS 'Who had a number in a period';
