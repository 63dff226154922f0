-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Are these the terminals' PINs?  Each try is counted, and the third wrong one in a
-- row blocks; so it is called in a transaction of its own, which commits whatever it
-- says.  The PIN itself never comes here: digests are HMACs under a key that the
-- managers have.
--
-- Locks: the PINs one after the other, skipping those that somebody else has.
-- Not idempotent: asked again it is another try.
--
-- Outcomes in precedence: terminal_unknown | terminal_blocked | terminal_quarantined
-- | terminal_retired, again (locked), ok with a verdict: function pin_try.
CREATE OR REPLACE FUNCTION tegata.pin_check(terminal_ids bigint[], key_ids text[], digests bytea[])
RETURNS TABLE (ord int, outcome smallint, verdict smallint, tries_left int)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM batch_check(cardinality(terminal_ids), cardinality(key_ids), cardinality(digests));
	FOR i IN 1 .. cardinality(terminal_ids) LOOP
		ord := i;
		verdict := NULL;
		tries_left := NULL;
		outcome := coalesce((SELECT actor_outcome(t.status, t.frozen_until, clock_timestamp())
			FROM terminal t WHERE t.terminal_id = terminal_ids[i]), outcome_code('terminal_unknown'));
		IF outcome = 0 THEN
			SELECT p.outcome, p.verdict, p.tries_left
			INTO pin_check.outcome, pin_check.verdict, pin_check.tries_left
			FROM pin_try(terminal_ids[i], key_ids[i], digests[i]) p;
		END IF;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.pin_check(bigint[], text[], bytea[]) IS 'One try each at terminals'' PINs';
