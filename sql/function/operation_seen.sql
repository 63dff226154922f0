-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A terminal has been told the result of this operation: it and every earlier
-- one (by request id, time first) count as seen.  Never goes back.
--
-- Locks the rows of terminal_seen in the order of their key, and waits for them.
-- Unknown terminals are passed over.
CREATE OR REPLACE FUNCTION tegata.operation_seen(terminal_ids bigint[], request_ids uuid[]) RETURNS void
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
BEGIN
	IF (cardinality(terminal_ids) = cardinality(request_ids)) IS NOT TRUE THEN
		PERFORM batch_check(cardinality(terminal_ids), cardinality(request_ids));
	END IF;

	INSERT INTO terminal_seen AS s (home, terminal_id, request_id)
	SELECT DISTINCT ON (t.home, t.terminal_id) t.home, t.terminal_id, i.request_id
	FROM unnest(terminal_ids, request_ids) AS i(terminal_id, request_id)
	JOIN terminal t ON t.terminal_id = i.terminal_id
	WHERE i.request_id IS NOT NULL
	ORDER BY t.home, t.terminal_id, i.request_id DESC
	ON CONFLICT (home, terminal_id) DO UPDATE SET request_id = excluded.request_id
	WHERE s.request_id < excluded.request_id;
END
$$;
COMMENT ON FUNCTION tegata.operation_seen(bigint[], uuid[]) IS 'Up to here a terminal has been told what was done';
