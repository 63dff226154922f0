-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Questions past their deadline end; those that ended and were opened more than 7
-- days ago go.  At its own pace, by one at a time, at most max_rows (1 to 100000) of
-- each sort.  Returns after how many milliseconds to call again.
--
-- Locks: its row of sweep, skipping it where another has it; the rows, skipping
-- those that somebody else has.
CREATE OR REPLACE FUNCTION tegata.question_expire(max_rows int) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
	v_max int := greatest(1, least(max_rows, 100000));
	v_now timestamptz;
	v_sweep sweep;
	v_most bigint;
	v_n bigint;
BEGIN
	SELECT * INTO v_sweep FROM sweep s WHERE s.name = 'question' FOR UPDATE SKIP LOCKED;
	IF NOT FOUND OR v_sweep.next_at > clock_timestamp() THEN
		RETURN least(60000, greatest(1000,
			1000 * extract(epoch FROM coalesce(v_sweep.next_at, now()) - clock_timestamp())));
	END IF;
	v_now := clock_timestamp();
	UPDATE question q SET state = 3
	FROM (SELECT o.question_id FROM question o WHERE o.state = 0 AND o.deadline <= v_now
		ORDER BY o.deadline LIMIT v_max FOR UPDATE SKIP LOCKED) e
	WHERE q.question_id = e.question_id;
	GET DIAGNOSTICS v_most = ROW_COUNT;
	-- The oldest stand first; each has ended, because a deadline is a day away at most.
	DELETE FROM question q
	USING (SELECT o.question_id, o.opened_at, o.state FROM question o ORDER BY o.question_id LIMIT v_max) e
	WHERE q.question_id = e.question_id AND e.state <> 0
		AND e.opened_at <= v_now - interval '7 days';
	GET DIAGNOSTICS v_n = ROW_COUNT;
	v_most := greatest(v_most, v_n);
	UPDATE sweep s SET next_at = v_now + CASE WHEN v_most >= v_max THEN interval '100 milliseconds'
			ELSE interval '5 seconds' END, n = s.n + v_most
	WHERE s.name = 'question';
	RETURN CASE WHEN v_most >= v_max THEN 100 ELSE 5000 END;
END
$$;
COMMENT ON FUNCTION tegata.question_expire(int) IS 'A batch of questions past their deadline, and of old ones';
