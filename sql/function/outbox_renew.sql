-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Leases go on for ttl_ms: their texts wait at an SMSC that is slow.
--
-- Locks: the rows, skipping those that somebody else has locked.
--
-- Outcomes in precedence: again (locked), not_found (not holder's any more), ok.
CREATE OR REPLACE FUNCTION tegata.outbox_renew(holders text[], message_ids bigint[], ttls_ms int[])
RETURNS TABLE (ord int, outcome smallint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
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
	v_locked bigint[];
BEGIN
	PERFORM batch_check(cardinality(holders), cardinality(message_ids), cardinality(ttls_ms));
	v_locked := ARRAY(SELECT o.message_id FROM outbox o WHERE o.message_id = ANY (message_ids)
		ORDER BY o.message_id FOR UPDATE SKIP LOCKED);
	RETURN QUERY
	WITH mine AS (
		UPDATE outbox o SET leased_until = v_now + make_interval(secs => i.ttl_ms / 1000.0),
			next_at = v_now + make_interval(secs => i.ttl_ms / 1000.0)
		FROM (SELECT DISTINCT ON (m.at) m.at, u.ttl_ms
			FROM unnest(holders, message_ids, ttls_ms) AS u(holder, message_id, ttl_ms)
			CROSS JOIN LATERAL (SELECT p.ctid AS at, p.state, p.holder FROM outbox p
				WHERE p.message_id = u.message_id LIMIT 1) m
			WHERE u.message_id = ANY (v_locked) AND m.state = 0 AND m.holder = u.holder) i
		WHERE o.ctid = i.at
		RETURNING o.message_id
	)
	SELECT i.ord::int, CASE WHEN m.message_id IS NOT NULL THEN outcome_code('ok')
		WHEN o.message_id IS NOT NULL AND NOT o.message_id = ANY (v_locked) THEN outcome_code('again')
		ELSE outcome_code('not_found') END
	FROM unnest(message_ids) WITH ORDINALITY AS i(message_id, ord)
	LEFT JOIN mine m ON m.message_id = i.message_id
	LEFT JOIN LATERAL (SELECT p.message_id FROM outbox p WHERE p.message_id = i.message_id
		LIMIT 1) o ON true
	ORDER BY i.ord;
END
$$;
COMMENT ON FUNCTION tegata.outbox_renew(text[], bigint[], int[]) IS 'Leases of texts that are still under way go on';
