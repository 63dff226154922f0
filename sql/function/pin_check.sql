-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Are these the terminals' PINs?  Each try is counted, and the third wrong one in a
-- row blocks; so it is called in a transaction of its own, which commits whatever it
-- says.  The PIN itself never comes here: digests are HMACs under a key that the
-- managers have.
--
-- question_ids: what it was typed for, 0 or NULL: nothing that waits.  A right one is
-- kept with the question, which then needs none any more.
--
-- Locks: the questions and then their terminals' PINs, one after the other, skipping
-- those that somebody else has.
-- Idempotency: identities, the texts that the tries came in: the same one is the same
-- try, and a wrong one is wrong without being counted.  NULL: another try each time.
--
-- Outcomes in precedence: terminal_unknown | terminal_blocked | terminal_quarantined
-- | terminal_retired, again (locked), ok with a verdict: function pin_try.
CREATE OR REPLACE FUNCTION tegata.pin_check(terminal_ids bigint[], key_ids text[], digests bytea[],
	identities bytea[] DEFAULT NULL, question_ids bigint[] DEFAULT NULL)
RETURNS TABLE (ord int, outcome smallint, verdict smallint, tries_left int)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_id bigint;
BEGIN
	PERFORM batch_check(cardinality(terminal_ids), cardinality(key_ids), cardinality(digests));
	FOR i IN 1 .. cardinality(terminal_ids) LOOP
		ord := i;
		verdict := NULL;
		tries_left := NULL;
		outcome := coalesce((SELECT actor_outcome(t.status, t.frozen_until, clock_timestamp())
			FROM terminal t WHERE t.terminal_id = terminal_ids[i]), outcome_code('terminal_unknown'));
		v_id := NULL;
		IF outcome = 0 AND question_ids[i] > 0 THEN
			SELECT q.question_id INTO v_id FROM question q
			WHERE q.question_id = question_ids[i] AND q.terminal_id = terminal_ids[i]
			FOR NO KEY UPDATE SKIP LOCKED;
			IF NOT FOUND AND EXISTS (SELECT FROM question q
				WHERE q.question_id = question_ids[i] AND q.terminal_id = terminal_ids[i])
			THEN
				outcome := outcome_code('again');
			END IF;
		END IF;
		IF outcome = 0 THEN
			SELECT p.outcome, p.verdict, p.tries_left
			INTO pin_check.outcome, pin_check.verdict, pin_check.tries_left
			FROM pin_try(terminal_ids[i], key_ids[i], digests[i], identities[i]) p;
		END IF;
		IF outcome = 0 AND verdict = 0 THEN
			UPDATE question q SET pin_at = clock_timestamp()
			WHERE q.question_id = v_id AND q.state IN (0, 1) AND q.pin_at IS NULL;
		END IF;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.pin_check(bigint[], text[], bytea[], bytea[], bigint[]) IS 'One try each at terminals'' PINs';
