-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Writes what is to be sent to terminals, or to numbers that are none's, and that
-- what it answers was taken, in one transaction.
--
-- identities: the text that is answered, 16 octets; NULL: none.  request_ids: an
-- operation of this terminal, whose receipt is the message; question_ids: the
-- question that is put; NULL: texts, and where that is empty too no message at all.
-- valids_s: 0 or NULL: as setting receipts_hours says.
--
-- Locks nothing that is there; waits for another session that writes the same.
--
-- Idempotency: once an identity in ten minutes, once a request, once a question; a
-- repeat gets the first message with repeated = true.
--
-- Outcomes in precedence:
--   ok                 the identity is known
--   terminal_unknown   neither a terminal nor a number, and a text
--   body_malformed     nothing that could be a cause, or a text that is too long
--   not_found          no such operation was completed
--   ok
CREATE OR REPLACE FUNCTION tegata.outbox_put(identities bytea[], terminal_ids bigint[],
	addresses text[], request_ids uuid[], question_ids bigint[], texts text[], valids_s int[])
RETURNS TABLE (ord int, outcome smallint, repeated boolean, message_id bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	v_now timestamptz := clock_timestamp();
	v_terminal bigint;
	v_address text;
BEGIN
	PERFORM batch_check(cardinality(identities), cardinality(terminal_ids),
		cardinality(addresses), cardinality(request_ids), cardinality(question_ids),
		cardinality(texts), cardinality(valids_s));
	FOR i IN 1 .. cardinality(identities) LOOP
		ord := i;
		message_id := NULL;
		repeated := false;
		outcome := outcome_code('ok');
		v_terminal := nullif(terminal_ids[i], 0);
		v_address := CASE WHEN v_terminal IS NULL THEN nullif(addresses[i], '') END;
		IF identities[i] IS NOT NULL THEN
			-- Who comes second waits here, and finds the first one's row.
			INSERT INTO sms_command AS c (identity, at, terminal_id)
			VALUES (identities[i], v_now, v_terminal)
			ON CONFLICT (identity) DO UPDATE SET at = v_now, terminal_id = v_terminal, message_id = NULL
			WHERE c.at <= v_now - interval '10 minutes';
			IF NOT FOUND THEN
				SELECT c.message_id INTO outbox_put.message_id FROM sms_command c
				WHERE c.identity = identities[i];
				repeated := true;
				RETURN NEXT;
				CONTINUE;
			END IF;
		END IF;

		IF request_ids[i] IS NOT NULL THEN
			SELECT o.message_id, o.repeated INTO outbox_put.message_id, outbox_put.repeated
			FROM outbox_of_request(v_terminal, request_ids[i]) o;
			IF NOT FOUND THEN
				outcome := outcome_code('not_found');
			END IF;
		ELSIF coalesce(texts[i], '') <> '' THEN
			outcome := CASE
				WHEN v_address IS NULL AND NOT EXISTS (SELECT FROM terminal t
						WHERE t.terminal_id = v_terminal AND t.kind = 1)
					OR v_address !~ '^[1-9][0-9]{6,14}$' THEN outcome_code('terminal_unknown')
				WHEN (identities[i] IS NULL AND question_ids[i] IS NULL)
					OR octet_length(texts[i]) > 4095 THEN outcome_code('body_malformed')
				ELSE outcome_code('ok')
			END;
			IF outcome = 0 THEN
				INSERT INTO outbox AS o (cause, identity, question_id, terminal_id, address, created_at,
					next_at, home, kind, text, valid_until)
				VALUES (CASE WHEN identities[i] IS NULL THEN 2 ELSE 3 END, identities[i],
					question_ids[i], v_terminal, v_address, v_now, v_now, coalesce(v_terminal & 63, 0), 1,
					texts[i], coalesce(v_now + make_interval(secs => nullif(valids_s[i], 0)),
						receipt_until(v_now)))
				ON CONFLICT DO NOTHING
				RETURNING o.message_id INTO message_id;
				IF NOT FOUND THEN
					SELECT o.message_id, true INTO outbox_put.message_id, outbox_put.repeated
					FROM outbox o WHERE o.question_id = question_ids[i] AND o.cause = 2;
				END IF;
			END IF;
		END IF;
		-- Of what was refused nothing is taken: it may be answered in other words.
		IF outcome <> 0 THEN
			DELETE FROM sms_command c WHERE c.identity = identities[i];
		ELSIF message_id IS NOT NULL THEN
			UPDATE sms_command c SET message_id = outbox_put.message_id WHERE c.identity = identities[i];
		END IF;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.outbox_put(bytea[], bigint[], text[], uuid[], bigint[], text[], int[])
	IS 'Texts to terminals, each once for what it answers';
