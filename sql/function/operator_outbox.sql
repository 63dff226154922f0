-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Texts to terminals, newest first: all, those of one number, or the dead ones.
-- What a text says is not shown: codes stand in it.  Locks nothing; being asked is not
-- journalled.
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
	SELECT o.message_id, o.created_at, coalesce(t.address, o.address),
		CASE o.cause WHEN 1 THEN concat_ws(' ', o.text_key, value_id_text(o.cause_id))
			WHEN 2 THEN format('question %s', o.question_id) ELSE 'reply' END,
		CASE WHEN o.state = 0 AND o.leased_until > clock_timestamp() THEN 'being sent'
			ELSE (ARRAY['waiting', 'sent', 'told', 'dead'])[o.state + 1] END,
		o.attempts, CASE WHEN o.state = 0 THEN o.next_at END, o.link, o.sent_at, o.told_at, o.error
	FROM unnest(v_ids) AS i(id)
	JOIN outbox o ON o.message_id = i.id
	LEFT JOIN terminal t ON t.terminal_id = o.terminal_id
	WHERE only_number IS NULL OR coalesce(t.address, o.address) = only_number
	ORDER BY o.message_id DESC;
END
$$;
COMMENT ON FUNCTION tegata.operator_outbox(text, boolean, int) IS 'Texts to terminals, and what became of them';
