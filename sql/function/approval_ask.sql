-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Writes down an act that waits for a second operator, and that it was asked for.
-- The same act while it waits is the same approval, whoever asks.
--
-- Locks: the approval that expired and is asked for anew.  Waits for another
-- session that asks the same.  Returns the note to the operator.
CREATE OR REPLACE FUNCTION tegata.approval_ask(act text, arguments jsonb, reason text,
	terminal_id bigint) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_arguments jsonb := jsonb_strip_nulls(approval_ask.arguments);
	v_hours int := (SELECT s.value::int FROM setting s WHERE s.name = 'approval_hours');
	v_id bigint;
	v_operator text;
BEGIN
	UPDATE approval p SET state = 3, decided_at = clock_timestamp()
	WHERE p.act = approval_ask.act AND md5(p.arguments::text) = md5(v_arguments::text)
		AND p.state = 0 AND p.expires_at <= clock_timestamp();
	INSERT INTO approval (act, arguments, reason, terminal_id, expires_at)
	VALUES (approval_ask.act, v_arguments, coalesce(approval_ask.reason, ''),
		approval_ask.terminal_id, clock_timestamp() + make_interval(hours => v_hours))
	ON CONFLICT DO NOTHING;
	SELECT p.approval_id, p.operator INTO STRICT v_id, v_operator FROM approval p
	WHERE p.act = approval_ask.act AND md5(p.arguments::text) = md5(v_arguments::text) AND p.state = 0;
	PERFORM operator_log(approval_ask.act, v_arguments || jsonb_build_object('approval', v_id),
		approval_ask.reason, outcome_code('pending'), approval_ask.terminal_id);
	RETURN format('waits for approval %s by another operator than %s', v_id, v_operator);
END
$$;
COMMENT ON FUNCTION tegata.approval_ask(text, jsonb, text, bigint) IS 'An act that waits for a second operator';
