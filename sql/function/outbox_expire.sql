-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Texts that came to the end of their validity die, unless somebody is sending them;
-- what is old goes: sent and told texts after 7 days, dead ones after 30, texts from
-- terminals after ten minutes, receipts that nobody waited for after a day.
--
-- Whoever calls, and however many: the work is done at its own pace, by one at a
-- time, at most max_rows (1 to 100000) of each sort.  Returns after how many
-- milliseconds to call again.
--
-- Locks: its row of sweep, skipping it where another has it; the rows, skipping
-- those that somebody else has.
CREATE OR REPLACE FUNCTION tegata.outbox_expire(max_rows int) RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_sort = off
SET jit = off
AS $$
DECLARE
	v_max int := greatest(1, least(max_rows, 100000));
	v_now timestamptz;
	v_sweep sweep;
	v_ids bigint[];
	v_terminals bigint[];
	v_most bigint;
	v_n bigint;
BEGIN
	SELECT * INTO v_sweep FROM sweep s WHERE s.name = 'outbox' FOR UPDATE SKIP LOCKED;
	IF NOT FOUND OR v_sweep.next_at > clock_timestamp() THEN
		RETURN least(60000, greatest(1000,
			1000 * extract(epoch FROM coalesce(v_sweep.next_at, now()) - clock_timestamp())));
	END IF;
	v_now := clock_timestamp();
	WITH late AS (
		SELECT o.ctid AS at FROM outbox o
		WHERE o.state = 0 AND o.valid_until <= v_now AND (o.leased_until > v_now) IS NOT TRUE
		ORDER BY o.valid_until LIMIT v_max FOR UPDATE SKIP LOCKED
	), dead AS (
		UPDATE outbox o SET state = 3, holder = NULL, leased_until = NULL,
			error = coalesce('validity ended: ' || o.error, 'validity ended'),
			forget_at = v_now + interval '30 days'
		FROM late l WHERE o.ctid = l.at
		RETURNING o.terminal_id
	)
	SELECT array_agg(d.terminal_id), count(*) INTO v_terminals, v_most FROM dead d;
	PERFORM outbox_wake(v_terminals, v_now);

	v_ids := ARRAY(SELECT o.message_id FROM outbox o WHERE o.state <> 0 AND o.forget_at <= v_now
		ORDER BY o.forget_at LIMIT v_max FOR UPDATE SKIP LOCKED);
	DELETE FROM outbox_receipt r WHERE r.message_id = ANY (v_ids);
	DELETE FROM outbox o WHERE o.message_id = ANY (v_ids);
	v_most := greatest(v_most, cardinality(v_ids));

	DELETE FROM outbox_receipt r USING (
		SELECT e.ctid AS at FROM outbox_receipt e
		WHERE e.message_id IS NULL AND e.at <= v_now - interval '1 day'
		LIMIT v_max FOR UPDATE SKIP LOCKED) old
	WHERE r.ctid = old.at;
	DELETE FROM sms_command c USING (
		SELECT s.ctid AS at FROM sms_command s WHERE s.at <= v_now - interval '10 minutes'
		LIMIT v_max FOR UPDATE SKIP LOCKED) old
	WHERE c.ctid = old.at;
	GET DIAGNOSTICS v_n = ROW_COUNT;
	v_most := greatest(v_most, v_n);

	UPDATE sweep s SET next_at = v_now + CASE WHEN v_most >= v_max THEN interval '100 milliseconds'
			ELSE interval '5 seconds' END, n = s.n + v_most
	WHERE s.name = 'outbox';
	RETURN CASE WHEN v_most >= v_max THEN 100 ELSE 5000 END;
END
$$;
COMMENT ON FUNCTION tegata.outbox_expire(int) IS 'A batch of texts that will not be sent any more, and of old ones';
