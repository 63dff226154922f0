-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A terminal has been told the result of this operation: it and every earlier
-- one (by request id, time first) count as seen.  Never goes back.
--
-- Locks the rows of terminal_seen in the order of their key, and waits for them.
-- Unknown terminals are passed over.
--
-- Does not wait for the disk, nor for a standby: what a crash takes back is told
-- once more.
CREATE OR REPLACE FUNCTION tegata.operation_seen(terminal_ids bigint[], request_ids uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off
SET enable_bitmapscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	v_n int := cardinality(terminal_ids);
	v_rows int;
BEGIN
	IF (v_n = cardinality(request_ids)) IS NOT TRUE THEN
		PERFORM batch_check(v_n, cardinality(request_ids));
	END IF;
	PERFORM set_config('synchronous_commit', 'off', true);

	-- Nearly all have a row, and an update alone costs half of what finding a conflict costs.
	-- With "=" a plan of the time when there was no row would read them all for each batch.
	UPDATE terminal_seen s SET request_id = n.request_id
	FROM (SELECT DISTINCT ON (i.terminal_id & 63, i.terminal_id) i.terminal_id, i.request_id
		FROM unnest(terminal_ids, request_ids) AS i(terminal_id, request_id)
		WHERE i.request_id IS NOT NULL
		ORDER BY i.terminal_id & 63, i.terminal_id, i.request_id DESC) n
	WHERE s.home = ANY (ARRAY[(n.terminal_id & 63)::smallint])
		AND s.terminal_id BETWEEN n.terminal_id AND n.terminal_id
		AND s.request_id < n.request_id;
	GET DIAGNOSTICS v_rows = ROW_COUNT;
	IF v_rows = v_n THEN
		RETURN;
	END IF;

	INSERT INTO terminal_seen AS s (home, terminal_id, request_id)
	SELECT DISTINCT ON (t.home, t.terminal_id) t.home, t.terminal_id, i.request_id
	FROM unnest(terminal_ids, request_ids) AS i(terminal_id, request_id)
	JOIN terminal t ON t.terminal_id = i.terminal_id
	WHERE i.request_id IS NOT NULL AND NOT EXISTS (SELECT FROM terminal_seen o
		WHERE o.home = t.home AND o.terminal_id = t.terminal_id AND o.request_id >= i.request_id)
	ORDER BY t.home, t.terminal_id, i.request_id DESC
	ON CONFLICT (home, terminal_id) DO UPDATE SET request_id = excluded.request_id
	WHERE s.request_id < excluded.request_id;
END
$$;
COMMENT ON FUNCTION tegata.operation_seen(bigint[], uuid[]) IS 'Up to here a terminal has been told what was done';
