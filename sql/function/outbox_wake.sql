-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The text that is now the first one of a terminal is due, where it only waited for
-- those before it.
--
-- "+ 0" here and in its likes: not by the primary key, which is in this order too.
--
-- Locks: those rows in their order, and waits for them.
CREATE OR REPLACE FUNCTION tegata.outbox_wake(terminal_ids bigint[], now timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
DECLARE
	v_heads bigint[] := ARRAY(SELECT h.message_id
		FROM (SELECT DISTINCT i.terminal_id FROM unnest(terminal_ids) AS i(terminal_id)
			WHERE i.terminal_id IS NOT NULL) t
		CROSS JOIN LATERAL (SELECT p.message_id, p.attempts, p.next_at FROM outbox p
			WHERE p.terminal_id = t.terminal_id AND p.state = 0 AND p.kind = 1
			ORDER BY p.message_id + 0 LIMIT 1) h
		WHERE h.attempts = 0 AND h.next_at > outbox_wake.now);
BEGIN
	IF v_heads = '{}' THEN
		RETURN;
	END IF;
	PERFORM FROM outbox o WHERE o.message_id = ANY (v_heads) ORDER BY o.message_id FOR UPDATE;
	UPDATE outbox o SET next_at = outbox_wake.now
	FROM (SELECT h.at
		FROM unnest(v_heads) AS i(message_id)
		CROSS JOIN LATERAL (SELECT p.ctid AS at, p.state, p.attempts, p.next_at FROM outbox p
			WHERE p.message_id = i.message_id LIMIT 1) h
		WHERE h.state = 0 AND h.attempts = 0 AND h.next_at > outbox_wake.now) w
	WHERE o.ctid = w.at;
END
$$;
COMMENT ON FUNCTION tegata.outbox_wake(bigint[], timestamptz) IS 'The next text of each of these terminals is due';
