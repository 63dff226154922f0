-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Phones were heard for which these texts were tried in vain: they are due, unless
-- somebody has them.
--
-- Locks: the rows, skipping those that somebody else has locked.
-- Idempotent.  Outcome: ok.
CREATE OR REPLACE FUNCTION tegata.outbox_heard(message_ids bigint[])
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
	v_ids bigint[];
BEGIN
	PERFORM batch_check(cardinality(message_ids));
	v_ids := ARRAY(SELECT o.message_id FROM outbox o WHERE o.message_id = ANY (message_ids)
		ORDER BY o.message_id FOR UPDATE SKIP LOCKED);
	UPDATE outbox o SET next_at = v_now
	FROM (SELECT p.at
		FROM unnest(v_ids) AS i(message_id)
		CROSS JOIN LATERAL (SELECT w.ctid AS at, w.state, w.holder, w.lost, w.next_at FROM outbox w
			WHERE w.message_id = i.message_id LIMIT 1) p
		WHERE p.state = 0 AND p.holder IS NULL AND p.lost = 0 AND p.next_at > v_now) h
	WHERE o.ctid = h.at;
	RETURN QUERY SELECT i::int, outcome_code('ok') FROM generate_series(1, cardinality(message_ids)) i;
END
$$;
COMMENT ON FUNCTION tegata.outbox_heard(bigint[]) IS 'Texts that waited for their phones to be heard are due';
