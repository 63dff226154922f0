-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A sign of life of a manager.  told_to_us: of what it did before then it owes
-- nobody a word (microseconds since 1970 by this database's clock, as an earlier
-- sign was answered; 0: it does not know yet).  Answers what time it is.
--
-- Does not wait for the disk: an operation that is durable is behind it in the log.
--
-- Locks its row.  Idempotent.
CREATE OR REPLACE FUNCTION tegata.manager_beat(instance text, told_to_us bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_now timestamptz := clock_timestamp();
	-- What it did before its first sign is at most so old.  The same where the clock was set back
	-- since: there is nothing in the time to come.
	v_first timestamptz := v_now - interval '1 minute';
	v_told timestamptz := to_timestamp(nullif(told_to_us, 0) / 1000000.0);
BEGIN
	PERFORM set_config('synchronous_commit', 'off', true);
	IF v_told > v_now THEN
		v_told := v_first;
	END IF;
	INSERT INTO manager_alive AS a (instance, started_at, seen_at, told_to)
	VALUES (manager_beat.instance, v_now, v_now, coalesce(v_told, v_first))
	ON CONFLICT (instance) DO UPDATE SET seen_at = v_now, told_to = coalesce(v_told, a.told_to);
	RETURN (extract(epoch FROM v_now) * 1000000)::bigint;
END
$$;
COMMENT ON FUNCTION tegata.manager_beat(text, bigint) IS 'A manager lives';
