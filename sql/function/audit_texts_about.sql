-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What terminals were told, and asked, about a value by SMS, in the order of time: its
-- receipts, and the questions that led to it or would have handed it on.  Numbers as
-- they were then; without the words.  Texts are there for 7 days.
--
-- Reads the value's history, its receipts and the questions of those in it by keys; of
-- a question put by SMS the texts of the minute in which it was opened.  Locks nothing.
CREATE OR REPLACE FUNCTION audit.texts_about(value text)
RETURNS TABLE (created_at timestamptz, number text, kind text, state text, sent_at timestamptz,
	told_at timestamptz, attempts int, link text, version int, request_id uuid, question_id bigint,
	message_id bigint, error text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET enable_seqscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	v_id bigint := value_id_parse(texts_about.value);
	v_home smallint := (v_id >> 42) & 63;
	v_ids bigint[] := ARRAY(SELECT o.message_id FROM outbox o
		WHERE o.home = v_home AND o.cause_id = v_id AND o.cause = 1);
	v_question record;
BEGIN
	FOR v_question IN
		SELECT q.question_id, q.terminal_id, q.opened_at
		FROM (SELECT DISTINCT unnest(ARRAY[j.owner_id, j.actor_id]) AS id FROM journal j
			WHERE j.home = v_home AND j.value_id = v_id) w
		JOIN question q ON q.terminal_id = w.id
		WHERE q.arguments->>'value_id' = v_id::text OR q.request_id IN (SELECT j.request_id FROM journal j
			WHERE j.home = v_home AND j.value_id = v_id)
	LOOP
		v_ids := v_ids || ARRAY(SELECT o.message_id FROM outbox o
			WHERE o.question_id = v_question.question_id AND o.cause = 2)
		|| ARRAY(SELECT m.message_id FROM audit.text m
			WHERE m.message_id IN (SELECT o.message_id FROM outbox o
					WHERE o.message_id >= outbox_first(v_question.opened_at)
						AND o.message_id < outbox_first(v_question.opened_at + interval '3 minutes')
						AND o.terminal_id = v_question.terminal_id AND o.cause = 3)
				AND m.question_id = v_question.question_id);
	END LOOP;
	RETURN QUERY
	SELECT m.created_at, coalesce(terminal_address_at(m.terminal_id, m.created_at), m.number), m.kind,
		m.state, m.sent_at, m.told_at, m.attempts, m.link, m.version, m.request_id, m.question_id,
		m.message_id, m.error
	FROM audit.text m
	WHERE m.message_id = ANY (v_ids)
	ORDER BY m.message_id;
END
$$;
COMMENT ON FUNCTION audit.texts_about(text) IS 'What was told and asked about a value by SMS';
