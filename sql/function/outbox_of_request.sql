-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The message that tells a terminal about an operation of its own: the one that is
-- there, else it is written.  NULL: the operation was not completed, or more than
-- 30 days ago.
--
-- Waits for another session that writes the same message at this moment.
CREATE OR REPLACE FUNCTION tegata.outbox_of_request(terminal_id bigint, request_id uuid)
RETURNS TABLE (message_id bigint, repeated boolean)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_now timestamptz := clock_timestamp();
	r request;
BEGIN
	SELECT q.* INTO r FROM request q
	WHERE q.actor_id = outbox_of_request.terminal_id AND q.request_id = outbox_of_request.request_id
		AND q.outcome = 0 AND q.version IS NOT NULL;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	INSERT INTO outbox AS o (cause_id, terminal_id, created_at, next_at, version, home, kind,
		text_key, arguments, valid_until)
	SELECT r.value_id, r.actor_id, v_now, v_now, r.version, r.home, 1,
		CASE WHEN r.operation = 1 THEN 'receipt.bought' WHEN p.kind = 2 THEN 'receipt.paid'
			ELSE 'receipt.sent' END,
		receipt_arguments(r.value_id, r.amount, r.fee, r.currency, r.expires_at, r.at, NULL,
			r.peer, p.name, NULL),
		receipt_until(v_now)
	FROM (SELECT) AS one
	LEFT JOIN terminal p ON p.terminal_id = r.peer_id
	ON CONFLICT DO NOTHING
	RETURNING o.message_id INTO message_id;
	repeated := NOT FOUND;
	IF repeated THEN
		SELECT o.message_id INTO outbox_of_request.message_id FROM outbox o
		WHERE o.home = r.home AND o.cause_id = r.value_id AND o.version = r.version AND o.kind = 1
			AND o.terminal_id = r.actor_id AND o.cause = 1;
	END IF;
	RETURN NEXT;
END
$$;
COMMENT ON FUNCTION tegata.outbox_of_request(bigint, uuid) IS 'The receipt of one completed operation';
