-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A terminal's last operations, newest first, refusals too; one row with
-- operation NULL where there is none.  Reads request's key backwards.
--
-- Locks nothing, writes nothing.
--
-- Outcomes in precedence: terminal_unknown, terminal_blocked,
-- terminal_quarantined, terminal_retired, ok.
CREATE OR REPLACE FUNCTION tegata.operation_history(terminal_ids bigint[], maxs int[])
RETURNS TABLE (ord int, outcome smallint, operation smallint, op_outcome smallint,
	request_id uuid, at timestamptz, value_id bigint, amount bigint, currency text, peer text,
	peer_name text)
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
	PERFORM batch_check(cardinality(terminal_ids), cardinality(maxs));

	RETURN QUERY
	SELECT i.ord, i.outcome, q.operation, q.outcome, q.request_id, q.at, q.value_id, q.amount,
		q.currency, q.peer, p.name
	FROM (SELECT i.ord::int, i.terminal_id, i.max, actor_outcome(t.status, NULL, v_now) AS outcome
		FROM unnest(terminal_ids, maxs) WITH ORDINALITY AS i(terminal_id, max, ord)
		LEFT JOIN terminal t ON t.terminal_id = i.terminal_id) i
	LEFT JOIN LATERAL (
		SELECT r.* FROM request r
		WHERE i.outcome = 0 AND r.actor_id = i.terminal_id
		ORDER BY r.request_id DESC LIMIT i.max) q ON true
	LEFT JOIN terminal p ON p.terminal_id = q.peer_id
	ORDER BY i.ord, q.request_id DESC;
END
$$;
COMMENT ON FUNCTION tegata.operation_history(bigint[], int[]) IS 'A terminal''s last operations, newest first';
