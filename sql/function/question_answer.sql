-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Answers questions, by their id or, where that is 0 or NULL, by their code in either
-- case: the first valid answer wins.  Who moves value does so under the question's
-- request id if its state is yes, whoever said so and however often.
--
-- A yes to what needs a PIN that was not typed (function pin_check) is none: the
-- question stays open, and needs_pin says so.
--
-- refusals: yes, but that outcome is why it cannot be done; 0 or NULL: nothing is in
-- its way.  The question ends with it, and whoever answers again is told it; unless
-- another channel has done it meanwhile (function question_state).
--
-- Locks: the questions one after the other, skipping those that somebody else has
-- locked; of a terminal whose code was wrong all that are open.
--
-- Idempotency: a repeat, or another answer, gets the first answer with repeated =
-- true.
--
-- Outcomes in precedence: again (locked), not_found (no such question of this
-- terminal; a wrong code is counted), ok: state says whether it is open (needs_pin),
-- was yes, no, expired (answered after its deadline, or agreed to and not done before
-- it), superseded or refused.
CREATE OR REPLACE FUNCTION tegata.question_answer(terminal_ids bigint[], question_ids bigint[],
	codes text[], yeses boolean[], links text[], refusals int[] DEFAULT NULL)
RETURNS TABLE (ord int, outcome smallint, repeated boolean, question_id bigint, kind smallint,
	state smallint, code text, request_id uuid, opened_at timestamptz, deadline timestamptz,
	answered_at timestamptz, product text, amount bigint, fee bigint, currency text,
	value_id bigint, transferee_id bigint, transferee text, reference text, needs_pin boolean,
	refusal smallint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_now timestamptz;
	v_id bigint;
	v_refusal smallint;
	v_state smallint;
	v_question question;
BEGIN
	PERFORM batch_check(cardinality(terminal_ids), cardinality(question_ids), cardinality(codes),
		cardinality(yeses), cardinality(links));
	FOR i IN 1 .. cardinality(terminal_ids) LOOP
		ord := i;
		repeated := false;
		v_question := NULL;
		v_refusal := CASE WHEN yeses[i] THEN nullif(refusals[i], 0) END;
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
		IF outcome = 0 THEN
			v_state := CASE
				WHEN v_question.state = 1 AND v_refusal IS NOT NULL AND v_question.deadline > v_now
					THEN 5
				WHEN v_question.state <> 0 THEN v_question.state
				WHEN v_question.deadline <= v_now THEN 3
				WHEN v_refusal IS NOT NULL THEN 5
				WHEN NOT yeses[i] THEN 2
				WHEN question_needs_pin(v_question) THEN 0
				ELSE 1
			END;
			repeated := v_question.state <> 0;
			IF v_state <> v_question.state THEN
				UPDATE question q
				SET state = v_state,
					refusal = CASE WHEN v_state = 5 THEN v_refusal END,
					answered_at = CASE WHEN v_state <> 3 THEN coalesce(q.answered_at, v_now) END,
					answered_link = CASE WHEN v_state <> 3
						THEN coalesce(q.answered_link, nullif(links[i], '')) END
				WHERE q.question_id = v_id
				RETURNING q.* INTO v_question;
			END IF;
		END IF;
		RETURN QUERY SELECT ord, outcome, repeated, c.* FROM question_columns(v_question) c;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.question_answer(bigint[], bigint[], text[], boolean[], text[], int[])
	IS 'Answers questions, the first answer counts';
