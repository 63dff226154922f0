-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Opens questions: what is done on "yes" is written down before anybody is asked.
-- kinds: 1 buy (products, amounts, fees, currencies), 2 hand on (value_ids, amounts,
-- currencies, transferee_ids, transferees, refs); the rest is not looked at.
--
-- codes: the author's own, which then stands for this one question however often it
-- comes: whatever has it already is told in the state it is in.  Empty: one is drawn.
--
-- The deadline is valids_s from now (1 s to 1 day), never later than the value's
-- expiry.  A sixth open question of a terminal takes the place of the oldest one.
--
-- Locks: the terminals' rows one after the other, skipping those that somebody else
-- has locked; then their open questions.
--
-- Idempotency: the same command while its question is open is the same question,
-- under its first request id; a code of the author's is one question in any state.
--
-- Outcomes in precedence:
--   body_malformed   no such kind, or a code that is none
--   again            the terminal is locked
--   terminal_unknown | terminal_blocked | terminal_quarantined | terminal_retired
--   not_owner        of the value
--   value_expired
--   ok
CREATE OR REPLACE FUNCTION tegata.question_open(terminal_ids bigint[], kinds int[],
	products text[], amounts bigint[], fees bigint[], currencies text[], value_ids bigint[],
	transferee_ids bigint[], transferees text[], refs text[], request_ids uuid[],
	valids_s int[], links text[], codes text[] DEFAULT NULL)
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
	v_terminal terminal;
	v_arguments jsonb;
	v_deadline timestamptz;
	v_value value;
	v_question question;
	v_code text;
BEGIN
	PERFORM batch_check(cardinality(terminal_ids), cardinality(kinds), cardinality(products),
		cardinality(amounts), cardinality(fees), cardinality(currencies), cardinality(value_ids),
		cardinality(transferee_ids), cardinality(transferees), cardinality(refs),
		cardinality(request_ids), cardinality(valids_s), cardinality(links));
	FOR i IN 1 .. cardinality(terminal_ids) LOOP
		ord := i;
		repeated := false;
		v_question := NULL;
		v_code := nullif(upper(codes[i]), '');
		SELECT t.* INTO v_terminal FROM terminal t WHERE t.terminal_id = terminal_ids[i]
		FOR NO KEY UPDATE SKIP LOCKED;
		v_now := clock_timestamp();
		outcome := CASE
			WHEN kinds[i] NOT IN (1, 2) OR v_code !~ '^[2-9A-Z]{4,6}$' THEN outcome_code('body_malformed')
			WHEN v_terminal.terminal_id IS NULL AND EXISTS (SELECT FROM terminal t
				WHERE t.terminal_id = terminal_ids[i]) THEN outcome_code('again')
			ELSE actor_outcome(v_terminal.status, v_terminal.frozen_until, v_now)
		END;
		v_deadline := v_now + make_interval(secs => greatest(1, least(valids_s[i], 86400)));
		IF kinds[i] = 2 THEN
			v_value := NULL;
			SELECT v.* INTO v_value FROM value v
			WHERE v.home = ((value_ids[i] >> 42) & 63)::smallint AND v.value_id = value_ids[i]
				AND v.owner_id = terminal_ids[i];
			IF outcome = 0 AND v_value.value_id IS NULL THEN
				outcome := outcome_code('not_owner');
			ELSIF outcome = 0 AND v_value.expires_at <= v_now THEN
				outcome := outcome_code('value_expired');
			END IF;
			v_deadline := least(v_deadline, v_value.expires_at);
			v_arguments := jsonb_strip_nulls(jsonb_build_object('value_id', value_ids[i]::text,
				'amount', amounts[i], 'currency', nullif(currencies[i], ''),
				'transferee_id', nullif(transferee_ids[i], 0)::text,
				'transferee', nullif(transferees[i], ''), 'reference', nullif(refs[i], '')));
		ELSE
			v_arguments := jsonb_strip_nulls(jsonb_build_object('product', products[i],
				'amount', amounts[i], 'fee', fees[i], 'currency', nullif(currencies[i], '')));
		END IF;
		IF outcome = 0 THEN
			UPDATE question q SET state = 3
			WHERE q.terminal_id = terminal_ids[i] AND q.state = 0 AND q.deadline <= v_now;
			SELECT q.* INTO v_question FROM question q
			WHERE q.terminal_id = terminal_ids[i] AND CASE WHEN v_code IS NULL
				THEN q.state = 0 AND q.kind = kinds[i] AND q.arguments = v_arguments
				ELSE q.code = v_code END
			ORDER BY q.question_id LIMIT 1;
			repeated := FOUND;
		END IF;
		IF outcome = 0 AND NOT repeated THEN
			UPDATE question q SET state = 4
			WHERE q.question_id IN (SELECT o.question_id FROM question o
				WHERE o.terminal_id = terminal_ids[i] AND o.state = 0
				ORDER BY o.question_id DESC OFFSET 4);
			INSERT INTO question AS q (terminal_id, kind, arguments, code, request_id, opened_at, deadline, link)
			VALUES (terminal_ids[i], kinds[i], v_arguments, coalesce(v_code, question_code_draw(terminal_ids[i])),
				request_ids[i], v_now, v_deadline, nullif(links[i], ''))
			RETURNING q.* INTO v_question;
		END IF;
		RETURN QUERY SELECT ord, outcome, repeated, c.* FROM question_columns(v_question) c;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.question_open(bigint[], int[], text[], bigint[], bigint[], text[], bigint[], bigint[], text[], text[], uuid[], int[], text[], text[])
	IS 'Writes down what terminals are asked to confirm';
