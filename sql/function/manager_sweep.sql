-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A manager of which there was no sign of life for 30 seconds is dead.  What it
-- completed and did not tell is told by SMS, where setting outbox is on: first it
-- is found and queued (manager_owed_find), and the dead one forgotten; then the
-- queue is worked off, at most max_rows (1 to 100000) a call.  What was seen
-- meanwhile is not told.
--
-- Where nobody looked for a while, because the database was away or all managers
-- were, the 30 seconds begin when somebody looks again: the living come back too.
--
-- Whoever calls, and however many: the work is done at its own pace, by one at a
-- time.  Returns after how many milliseconds to call again.
--
-- Locks: its row of sweep, skipping it where another has it; then the row of a dead
-- manager, skipping it.  Waits for who writes the same text at this moment.
--
-- Idempotency: an operation has one receipt, whoever writes it (outbox_of_request).
CREATE OR REPLACE FUNCTION tegata.manager_sweep(max_rows int) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET jit = off
AS $$
DECLARE
	c_silent CONSTANT interval := interval '30 seconds';
	c_break CONSTANT interval := interval '15 seconds';
	c_find_max CONSTANT int := 100000;
	v_max int := greatest(1, least(max_rows, 100000));
	v_now timestamptz := clock_timestamp();
	v_outbox boolean := setting_on('outbox');
	v_sweep sweep;
	v_dead manager_alive;
	v_told_to timestamptz;
	v_n bigint := 0;
	v_pause interval := interval '5 seconds';
BEGIN
	SELECT * INTO v_sweep FROM sweep s WHERE s.name = 'manager' FOR UPDATE SKIP LOCKED;
	-- Later than any call would ask for: the clock was set back.
	IF NOT FOUND OR (v_sweep.next_at > v_now AND v_sweep.next_at < v_now + interval '1 minute') THEN
		RETURN greatest(1000, 1000 * extract(epoch FROM coalesce(v_sweep.next_at, v_now) - v_now));
	END IF;
	IF v_sweep.next_at NOT BETWEEN v_now - c_break AND v_now OR v_sweep.reached_at > v_now THEN
		v_sweep.reached_at := v_now;
	END IF;

	IF EXISTS (SELECT FROM manager_owed) THEN
		WITH batch AS (
			DELETE FROM manager_owed o
			USING (SELECT w.terminal_id, w.request_id FROM manager_owed w LIMIT v_max) b
			WHERE o.terminal_id = b.terminal_id AND o.request_id = b.request_id
			RETURNING o.terminal_id, o.request_id
		)
		SELECT count(*) FILTER (WHERE NOT m.repeated) INTO v_n
		FROM batch b
		CROSS JOIN LATERAL (SELECT r.repeated FROM outbox_of_request(b.terminal_id, b.request_id) r) m
		WHERE v_outbox AND NOT EXISTS (SELECT FROM terminal_seen s
			WHERE s.home = (b.terminal_id & 63)::smallint AND s.terminal_id = b.terminal_id
				AND s.request_id >= b.request_id);
		v_pause := interval '100 milliseconds';
	ELSIF v_sweep.reached_at < v_now - c_silent THEN
		SELECT a.* INTO v_dead FROM manager_alive a
		WHERE a.seen_at NOT BETWEEN v_now - c_silent AND v_now + c_silent
		ORDER BY a.seen_at LIMIT 1 FOR UPDATE SKIP LOCKED;
		IF FOUND THEN
			IF v_outbox THEN
				v_told_to := manager_owed_find(v_dead.instance, v_dead.told_to, c_find_max);
			END IF;
			IF v_told_to IS NULL THEN
				DELETE FROM manager_alive a WHERE a.instance = v_dead.instance;
			ELSE
				UPDATE manager_alive a SET told_to = v_told_to WHERE a.instance = v_dead.instance;
			END IF;
			v_pause := interval '100 milliseconds';
		END IF;
	END IF;
	UPDATE sweep s SET reached_at = v_sweep.reached_at, next_at = clock_timestamp() + v_pause,
		n = s.n + v_n
	WHERE s.name = 'manager';
	RETURN 1000 * extract(epoch FROM v_pause);
END
$$;
COMMENT ON FUNCTION tegata.manager_sweep(int) IS 'What dead managers owe is told, a batch of it';
