-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The text that is now the first one of a terminal is due, where it only waited for
-- those before it.
--
-- Locks: those rows in their order, and waits for them.
CREATE OR REPLACE FUNCTION tegata.outbox_wake(terminal_ids bigint[], now timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	UPDATE outbox o SET next_at = outbox_wake.now
	FROM (SELECT h.message_id
		FROM (SELECT DISTINCT i.terminal_id FROM unnest(terminal_ids) AS i(terminal_id)
			WHERE i.terminal_id IS NOT NULL) t
		CROSS JOIN LATERAL (SELECT p.message_id FROM outbox p
			WHERE p.terminal_id = t.terminal_id AND p.state = 0 AND p.kind = 1
			ORDER BY p.message_id LIMIT 1) h
		ORDER BY h.message_id) w
	WHERE o.message_id = w.message_id AND o.state = 0 AND o.attempts = 0
		AND o.next_at > outbox_wake.now;
END
$$;
COMMENT ON FUNCTION tegata.outbox_wake(bigint[], timestamptz) IS 'The next text of each of these terminals is due';
