-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Active values past their expiry are written down as expired, with a row of the
-- journal, at most max_rows a call (1 to 100000).  This decides nothing: who reads
-- a value compares its expiry with the clock, whether this was done or not.  So
-- that a clock which was a day ahead does not make it final, it is written down 26
-- hours later.  No
-- money is moved: from when on unredeemed value is the carrier's is for its books
-- to say, and until then account circulation owes it (view circulation).
--
-- First it looks for what expired since it last looked, by the index of ranges,
-- and queues it; then the queue is worked off.  Values that somebody else has
-- locked stay in it.  What was pending over its expiry and is settled afterwards
-- stays active in writing.
--
-- Whoever calls, and however many: the work is done at its own pace, by one at a
-- time.  Returns after how many milliseconds to call again.
--
-- Locks: its row of sweep, skipping it where another has it; then the values in
-- the order of their key, skipping those that somebody else has locked.
CREATE OR REPLACE FUNCTION tegata.value_expire(max_rows int) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_custom_plan
SET jit = off
AS $$
DECLARE
	c_find_max CONSTANT int := 100000;
	c_grace CONSTANT interval := interval '26 hours';
	v_max int := greatest(1, least(max_rows, 100000));
	v_sweep sweep;
	v_now timestamptz := clock_timestamp();
	v_found int := 0;
	v_left boolean;
	v_n int;
	v_pause interval;
BEGIN
	SELECT * INTO v_sweep FROM sweep s WHERE s.name = 'expiry' FOR UPDATE SKIP LOCKED;
	IF NOT FOUND OR v_sweep.next_at > v_now THEN
		RETURN least(60000, greatest(1000, 1000 * extract(epoch FROM coalesce(v_sweep.next_at, v_now) - v_now)));
	END IF;
	IF NOT EXISTS (SELECT FROM expiry_due) THEN
		INSERT INTO expiry_due (home, value_id)
		SELECT v.home, v.value_id FROM value v
		WHERE v.expires_at > v_sweep.reached_at AND v.expires_at <= v_now - c_grace AND v.state = 1
		LIMIT c_find_max;
		GET DIAGNOSTICS v_found = ROW_COUNT;
		IF v_found < c_find_max THEN
			v_sweep.reached_at := v_now - c_grace;
		END IF;
	END IF;
	v_n := value_expire_batch(v_max);
	v_left := EXISTS (SELECT FROM expiry_due);
	v_pause := CASE WHEN v_left AND v_n > 0 THEN interval '200 milliseconds'
		WHEN v_left THEN interval '10 seconds' WHEN v_found > 0 THEN interval '1 second'
		ELSE interval '10 minutes' END;
	UPDATE sweep s SET reached_at = v_sweep.reached_at, next_at = clock_timestamp() + v_pause, n = s.n + v_n
	WHERE s.name = 'expiry';
	RETURN least(60000, 1000 * extract(epoch FROM v_pause));
END
$$;
COMMENT ON FUNCTION tegata.value_expire(int) IS 'A batch of values that are past their expiry is written down as expired';
