-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What terminals are asked now, newest first; or, by a code, that question in
-- whatever state it is, so that a PIN can be asked for before it is answered.  A
-- terminal that is asked nothing has one row, whose question_id is NULL.
--
-- Locks nothing, but where a code is wrong: then as question_wrong does.
--
-- Outcomes in precedence: not_found (no such code; it is counted), ok.
CREATE OR REPLACE FUNCTION tegata.question_of_terminal(terminal_ids bigint[], codes text[])
RETURNS TABLE (ord int, outcome smallint, question_id bigint, kind smallint, state smallint,
	code text, request_id uuid, opened_at timestamptz, deadline timestamptz,
	answered_at timestamptz, product text, amount bigint, fee bigint, currency text,
	value_id bigint, transferee_id bigint, transferee text, reference text, needs_pin boolean,
	refusal smallint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_now timestamptz := clock_timestamp();
	v_terminal bigint;
BEGIN
	PERFORM batch_check(cardinality(terminal_ids), cardinality(codes));
	FOR v_terminal IN
		SELECT i.terminal_id FROM unnest(terminal_ids, codes) AS i(terminal_id, code)
		WHERE i.code <> '' AND NOT EXISTS (SELECT FROM question q
			WHERE q.terminal_id = i.terminal_id AND q.code = upper(i.code))
		ORDER BY i.terminal_id
	LOOP
		PERFORM question_wrong(v_terminal);
	END LOOP;
	RETURN QUERY
	SELECT i.ord::int, CASE WHEN i.code <> '' AND c.question_id IS NULL THEN outcome_code('not_found')
		ELSE outcome_code('ok') END, c.*
	FROM unnest(terminal_ids, codes) WITH ORDINALITY AS i(terminal_id, code, ord)
	LEFT JOIN LATERAL (
		SELECT k.* FROM question q, question_columns(q) k
		WHERE i.code <> '' AND q.terminal_id = i.terminal_id AND q.code = upper(i.code)
		UNION ALL
		SELECT k.* FROM question q, question_columns(q) k
		WHERE (i.code <> '') IS NOT TRUE AND q.terminal_id = i.terminal_id AND q.state = 0
			AND q.deadline > v_now) c ON true
	ORDER BY i.ord, c.question_id DESC;
END
$$;
COMMENT ON FUNCTION tegata.question_of_terminal(bigint[], text[]) IS 'What terminals are asked now';
