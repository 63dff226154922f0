-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Sets or changes PINs.  olds NULL: there must be none yet; else the old one, which
-- is a try as by pin_check.  What is blocked is not changed.
--
-- Locks: the PINs one after the other, skipping those that somebody else has; waits
-- for another session that sets the first one of the same terminal.
-- Idempotent as far as that the same again, with the same old one, is a wrong try.
--
-- Outcomes in precedence: terminal_unknown | terminal_blocked | terminal_quarantined
-- | terminal_retired, again (locked), ok with a verdict: function pin_try; 0: it is
-- set; 1 with olds NULL: there is one, nothing was counted.
CREATE OR REPLACE FUNCTION tegata.pin_set(terminal_ids bigint[], key_ids text[], digests bytea[],
	old_key_ids text[], olds bytea[])
RETURNS TABLE (ord int, outcome smallint, verdict smallint, tries_left int)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_home smallint;
BEGIN
	PERFORM batch_check(cardinality(terminal_ids), cardinality(key_ids), cardinality(digests),
		cardinality(old_key_ids), cardinality(olds));
	FOR i IN 1 .. cardinality(terminal_ids) LOOP
		ord := i;
		verdict := NULL;
		tries_left := NULL;
		v_home := terminal_ids[i] & 63;
		outcome := coalesce((SELECT actor_outcome(t.status, t.frozen_until, clock_timestamp())
			FROM terminal t WHERE t.terminal_id = terminal_ids[i] AND t.kind = 1),
			outcome_code('terminal_unknown'));
		IF outcome = 0 AND olds[i] IS NULL THEN
			INSERT INTO terminal_pin (home, terminal_id, key_id, digest, set_at)
			VALUES (v_home, terminal_ids[i], key_ids[i], digests[i], clock_timestamp())
			ON CONFLICT DO NOTHING;
			verdict := CASE WHEN FOUND THEN 0 ELSE 1 END;
			tries_left := 3;
		ELSIF outcome = 0 THEN
			SELECT p.outcome, p.verdict, p.tries_left
			INTO pin_set.outcome, pin_set.verdict, pin_set.tries_left
			FROM pin_try(terminal_ids[i], old_key_ids[i], olds[i], NULL) p;
			IF verdict = 0 THEN
				UPDATE terminal_pin p SET key_id = key_ids[i], digest = digests[i],
					set_at = clock_timestamp()
				WHERE p.home = v_home AND p.terminal_id = terminal_ids[i];
			END IF;
		END IF;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.pin_set(bigint[], text[], bytea[], text[], bytea[]) IS 'Sets or changes PINs';
