-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- How much waits, how much is dead (counted up to 100,000), and for how many
-- seconds the oldest text waits (of those 100,000).  Locks nothing.
CREATE OR REPLACE FUNCTION tegata.outbox_state(OUT waiting bigint, OUT dead bigint,
	OUT oldest_s bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
	SELECT count(*), coalesce(greatest(0, extract(epoch FROM clock_timestamp() - min(w.created_at))), 0)
	INTO waiting, oldest_s
	FROM (SELECT o.created_at FROM outbox o WHERE o.state = 0 AND o.kind = 1 AND o.next_at IS NOT NULL
		ORDER BY o.next_at LIMIT 100000) w;
	SELECT count(*) INTO dead
	FROM (SELECT FROM outbox o WHERE o.state = 3 ORDER BY o.message_id LIMIT 100000) d;
END
$$;
COMMENT ON FUNCTION tegata.outbox_state() IS 'How many texts wait and are dead, and since when';
