-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Answers questions, by their id or, where that is 0 or NULL, by their code in either
-- case: the first valid answer wins.  Who moves value does so under the question's
-- request id if its state is yes, whoever said so and however often.
--
-- Locks: the questions one after the other, skipping those that somebody else has
-- locked; of a terminal whose code was wrong all that are open.
--
-- Idempotency: a repeat, or another answer, gets the first answer with repeated =
-- true.
--
-- Outcomes in precedence: again (locked), not_found (no such question of this
-- terminal; a wrong code is counted), ok: state says whether it was yes, no,
-- expired (answered after its deadline) or superseded.
CREATE OR REPLACE FUNCTION tegata.question_answer(terminal_ids bigint[], question_ids bigint[],
	codes text[], yeses boolean[], links text[])
RETURNS TABLE (ord int, outcome smallint, repeated boolean, question_id bigint, kind smallint,
	state smallint, code text, request_id uuid, opened_at timestamptz, deadline timestamptz,
	answered_at timestamptz, product text, amount bigint, fee bigint, currency text,
	value_id bigint, transferee_id bigint, transferee text, reference text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_now timestamptz;
	v_id bigint;
	v_question question;
BEGIN
	PERFORM batch_check(cardinality(terminal_ids), cardinality(question_ids), cardinality(codes),
		cardinality(yeses), cardinality(links));
	FOR i IN 1 .. cardinality(terminal_ids) LOOP
		ord := i;
		repeated := false;
		v_question := NULL;
		SELECT q.question_id INTO v_id FROM question q
		WHERE q.terminal_id = terminal_ids[i] AND CASE WHEN question_ids[i] > 0
			THEN q.question_id = question_ids[i] ELSE q.code = upper(codes[i]) END;
		IF NOT FOUND THEN
			outcome := outcome_code('not_found');
			IF (question_ids[i] > 0) IS NOT TRUE THEN
				PERFORM question_wrong(terminal_ids[i]);
			END IF;
		ELSE
			SELECT q.* INTO v_question FROM question q WHERE q.question_id = v_id
			FOR UPDATE SKIP LOCKED;
			outcome := CASE WHEN FOUND THEN outcome_code('ok') ELSE outcome_code('again') END;
			v_now := clock_timestamp();
		END IF;
		IF outcome = 0 AND v_question.state = 0 THEN
			UPDATE question q
			SET state = CASE WHEN q.deadline <= v_now THEN 3 WHEN yeses[i] THEN 1 ELSE 2 END,
				answered_at = CASE WHEN q.deadline > v_now THEN v_now END,
				answered_link = CASE WHEN q.deadline > v_now THEN nullif(links[i], '') END
			WHERE q.question_id = v_id
			RETURNING q.* INTO v_question;
		ELSE
			repeated := outcome = 0;
		END IF;
		RETURN QUERY SELECT ord, outcome, repeated, c.* FROM question_columns(v_question) c;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.question_answer(bigint[], bigint[], text[], boolean[], text[])
	IS 'Answers questions, the first answer counts';
