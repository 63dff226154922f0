-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Queues what a dead manager completed and may have told nobody, at most max_rows:
-- done since told_to, under a request id that this manager minted, not seen by its
-- terminal, and without a text.  What answers a question has the id of who asked,
-- so of these it is taken whoever did it: whose dialogue ended well has a text too many.
--
-- Answers up to when it came: NULL, if that was all.
--
-- Reads the journal's index by time, and by keys what it finds there.  Locks as
-- journal_summarize does.
CREATE OR REPLACE FUNCTION tegata.manager_owed_find(instance text, told_to timestamptz,
	max_rows int) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off
SET max_parallel_workers_per_gather = 0
SET jit = off
AS $$
DECLARE
	v_source text := right(instance, 8);
	v_n bigint;
	v_last timestamptz;
BEGIN
	PERFORM journal_summarize();
	WITH late AS MATERIALIZED (
		SELECT j.home, j.value_id, j.version, j.actor_id, j.request_id, j.at
		FROM journal j
		-- Two servers' clocks differ a little.
		WHERE j.at >= told_to - interval '2 seconds' AND j.operation IN (1, 2)
	), found AS MATERIALIZED (
		SELECT j.actor_id, j.request_id, j.at
		FROM late j
		-- Not EXISTS, which would be answered by reading all there is.
		WHERE (right(j.request_id::text, 8) = v_source OR (SELECT true FROM question q
				WHERE q.terminal_id = j.actor_id AND q.request_id = j.request_id LIMIT 1))
			AND EXISTS (SELECT FROM terminal t WHERE t.terminal_id = j.actor_id AND t.kind = 1)
			AND EXISTS (SELECT FROM request r WHERE r.actor_id = j.actor_id
				AND r.request_id = j.request_id AND r.outcome = 0 AND r.version = j.version)
			AND NOT EXISTS (SELECT FROM terminal_seen s WHERE s.home = (j.actor_id & 63)::smallint
				AND s.terminal_id = j.actor_id AND s.request_id >= j.request_id)
			AND NOT EXISTS (SELECT FROM outbox o WHERE o.home = j.home AND o.cause_id = j.value_id
				AND o.version = j.version AND o.kind = 1 AND o.terminal_id = j.actor_id AND o.cause = 1)
		ORDER BY j.at LIMIT max_rows
	), queued AS (
		INSERT INTO manager_owed (terminal_id, request_id)
		SELECT f.actor_id, f.request_id FROM found f
		ON CONFLICT DO NOTHING
	)
	SELECT count(*), max(f.at) INTO v_n, v_last FROM found f;
	RETURN CASE WHEN v_n >= max_rows THEN v_last END;
END
$$;
COMMENT ON FUNCTION tegata.manager_owed_find(text, timestamptz, int) IS 'Queues what a dead manager told nobody';
