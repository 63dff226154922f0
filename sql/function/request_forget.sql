-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Answers of more than 30 days ago go: of a few hundred terminals a call, and at
-- most max_rows of them (1 to 100000).  Request ids begin with the time, so what is
-- old stands first in a terminal's part of the key: no index is needed, and what is
-- young is not read.  An issue that is still pending keeps its row, which knows
-- its fee.
--
-- Whoever calls, and however many: the work is done at its own pace, by one at a
-- time.  Returns after how many milliseconds to call again.
--
-- Locks: its row of sweep, skipping it where another has it; the old rows.
CREATE OR REPLACE FUNCTION tegata.request_forget(max_rows int) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
AS $$
DECLARE
	v_before timestamptz := clock_timestamp() - interval '30 days';
	v_floor uuid := request_id_floor(clock_timestamp() - interval '30 days');
	v_sweep sweep;
	v_ids bigint[];
	v_n int;
	v_last bigint;
	v_pause interval := '1 second';
BEGIN
	SELECT * INTO v_sweep FROM sweep s WHERE s.name = 'request' FOR UPDATE SKIP LOCKED;
	IF NOT FOUND OR v_sweep.next_at > clock_timestamp() THEN
		RETURN least(60000, greatest(1000,
			1000 * extract(epoch FROM coalesce(v_sweep.next_at, now()) - clock_timestamp())));
	END IF;
	v_ids := ARRAY(SELECT t.terminal_id FROM terminal t WHERE t.terminal_id > v_sweep.reached_id
		ORDER BY t.terminal_id LIMIT 500);
	WITH old AS MATERIALIZED (
		SELECT r.actor_id, r.request_id
		FROM unnest(v_ids) AS i(actor_id)
		JOIN request r ON r.actor_id = i.actor_id AND r.request_id < v_floor
		WHERE r.at < v_before AND r.outcome <> 1
		LIMIT greatest(1, least(max_rows, 100000))
	), gone AS (
		DELETE FROM request r USING old o
		WHERE r.actor_id = o.actor_id AND r.request_id = o.request_id
		RETURNING r.actor_id
	)
	SELECT count(*), max(g.actor_id) INTO v_n, v_last FROM gone g;
	IF cardinality(v_ids) = 0 THEN
		v_last := 0;
		v_pause := '1 hour';
	ELSIF v_n >= max_rows THEN
		-- The last terminal may have more.
		v_last := v_last - 1;
		v_pause := '100 milliseconds';
	ELSE
		v_last := v_ids[cardinality(v_ids)];
	END IF;
	UPDATE sweep s SET reached_id = v_last, next_at = clock_timestamp() + v_pause, n = s.n + v_n
	WHERE s.name = 'request';
	RETURN least(60000, 1000 * extract(epoch FROM v_pause));
END
$$;
COMMENT ON FUNCTION tegata.request_forget(int) IS 'A batch of answers that are older than 30 days goes';
