-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Texts to terminals, newest first: all, those of one number, or the dead ones.
-- What a text says is not shown: codes stand in it.  Of one that nobody has tried it is
-- said what it waits for.  Locks nothing; being asked is not journalled.
CREATE OR REPLACE FUNCTION tegata.operator_outbox(only_number text, dead boolean, max_rows int)
RETURNS TABLE (message_id bigint, created_at timestamptz, number text, what text, state text,
	attempts int, next_at timestamptz, link text, sent_at timestamptz, told_at timestamptz,
	error text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_ids bigint[];
	v_max int := greatest(1, least(max_rows, 10000));
	-- A text that can go is taken within some seconds; managers give a sign of life in less.
	v_now timestamptz := clock_timestamp();
	v_alive bigint := (SELECT count(*) FROM manager_alive a WHERE a.seen_at > v_now - interval '30 seconds');
BEGIN
	IF dead THEN
		v_ids := ARRAY(SELECT o.message_id FROM outbox o WHERE o.state = 3
			ORDER BY o.message_id DESC LIMIT v_max);
	ELSIF only_number IS NULL THEN
		v_ids := ARRAY(SELECT o.message_id FROM outbox o ORDER BY o.message_id DESC LIMIT v_max);
	ELSE
		v_ids := ARRAY(SELECT o.message_id FROM outbox o
			WHERE o.terminal_id IN (SELECT t.terminal_id FROM terminal t WHERE t.address = only_number)
				OR o.address = only_number
			ORDER BY o.message_id DESC LIMIT v_max);
	END IF;
	RETURN QUERY
	SELECT o.message_id, o.created_at, m.number,
		concat_ws(' ', CASE WHEN m.kind = 'question' THEN NULL ELSE m.kind END, 'question ' || m.question_id,
			m.value_id),
		m.state, o.attempts, CASE WHEN o.state = 0 THEN o.next_at END, o.link, o.sent_at, o.told_at,
		CASE WHEN m.state <> 'waiting' OR o.attempts > 0 OR o.error <> '' THEN o.error
			WHEN p.message_id IS NOT NULL THEN format('waits for message %s, which goes first', p.message_id)
			WHEN o.next_at > v_now - interval '5 seconds' THEN o.error
			WHEN v_alive = 0 THEN 'no manager is alive'
			ELSE format('not taken: no link of %s is up and has room',
				CASE v_alive WHEN 1 THEN 'the manager' ELSE format('%s managers', v_alive) END) END
	FROM unnest(v_ids) AS i(id)
	JOIN outbox o ON o.message_id = i.id
	JOIN audit.text m ON m.message_id = o.message_id
	LEFT JOIN LATERAL (SELECT f.message_id FROM outbox f WHERE o.state = 0 AND f.state = 0 AND f.kind = 1
			AND f.terminal_id = o.terminal_id AND f.message_id < o.message_id
		ORDER BY f.message_id LIMIT 1) p ON true
	WHERE only_number IS NULL OR m.number = only_number
	ORDER BY o.message_id DESC;
END
$$;
COMMENT ON FUNCTION tegata.operator_outbox(text, boolean, int) IS 'Texts to terminals, and what became of them';
