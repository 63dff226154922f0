-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What a terminal owns, newest issue first, a page at a time.  Converted and
-- revoked values are history and not listed; expired ones are for 30 days.
-- One row a value, or one row with value_id NULL.
--
-- Locks nothing, writes nothing.
--
-- Outcomes in precedence: terminal_unknown, terminal_blocked,
-- terminal_quarantined, terminal_retired, ok.
CREATE OR REPLACE FUNCTION tegata.value_list(terminal_ids bigint[], afters bigint[], maxs int[])
RETURNS TABLE (ord int, outcome smallint, value_id bigint, state smallint, amount bigint,
	currency text, expires_at timestamptz, owner_since timestamptz, more boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	v_now timestamptz := clock_timestamp();
BEGIN
	IF (cardinality(terminal_ids) = cardinality(afters)
		AND cardinality(terminal_ids) = cardinality(maxs)) IS NOT TRUE
	THEN
		PERFORM batch_check(cardinality(terminal_ids), cardinality(afters), cardinality(maxs));
	END IF;

	RETURN QUERY
	SELECT i.ord, i.outcome, v.value_id,
		CASE WHEN v.state = 1 AND v.expires_at <= v_now THEN 4::smallint ELSE v.state END,
		v.amount, v.currency, v.expires_at, v.owner_since, coalesce(v.n > i.max, false)
	FROM (SELECT i.ord::int, i.terminal_id, i.after, i.max,
			actor_outcome(t.status, NULL, v_now) AS outcome
		FROM unnest(terminal_ids, afters, maxs) WITH ORDINALITY AS i(terminal_id, after, max, ord)
		LEFT JOIN terminal t ON t.terminal_id = i.terminal_id) i
	LEFT JOIN LATERAL (
		SELECT q.*, count(*) OVER () AS n, row_number() OVER (ORDER BY q.value_id DESC) AS nth
		FROM (SELECT v.* FROM value v
			WHERE i.outcome = 0 AND v.owner_id = i.terminal_id
			AND v.value_id < CASE WHEN i.after > 0 THEN i.after ELSE 9223372036854775807 END
			AND (v.state IN (0, 1, 2) AND (v.expires_at > v_now - interval '30 days') IS NOT FALSE
				OR v.state = 4 AND v.expires_at > v_now - interval '30 days')
			ORDER BY v.value_id DESC
			LIMIT i.max + 1) q) v ON v.nth <= i.max
	ORDER BY i.ord, v.value_id DESC;
END
$$;
COMMENT ON FUNCTION tegata.value_list(bigint[], bigint[], int[]) IS 'What a terminal owns, newest first, a page at a time';
