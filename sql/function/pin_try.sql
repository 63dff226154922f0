-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- One try at a terminal's PIN, which is counted.  Verdicts: 0 right, 1 wrong,
-- 2 blocked (also by this one), 3 there is none, 4 it was made with another key.
-- again: somebody else has the row.  identity: the text that it came in, which is one
-- try however often it is delivered; NULL: none.
--
-- Locks: the terminal's PIN, skipping it where somebody else has it.
CREATE OR REPLACE FUNCTION tegata.pin_try(terminal_id bigint, key_id text, digest bytea, identity bytea,
	OUT outcome smallint, OUT verdict smallint, OUT tries_left int)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_id bigint := pin_try.terminal_id;
	v_home smallint := pin_try.terminal_id & 63;
	p terminal_pin;
BEGIN
	SELECT * INTO p FROM terminal_pin q WHERE q.home = v_home AND q.terminal_id = v_id
	FOR UPDATE SKIP LOCKED;
	IF NOT FOUND AND EXISTS (SELECT FROM terminal_pin q WHERE q.home = v_home AND q.terminal_id = v_id) THEN
		outcome := outcome_code('again');
		RETURN;
	END IF;
	outcome := outcome_code('ok');
	verdict := CASE
		WHEN p.terminal_id IS NULL THEN 3
		WHEN p.blocked_at IS NOT NULL THEN 2
		WHEN p.key_id IS DISTINCT FROM pin_try.key_id THEN 4
		WHEN p.digest = pin_try.digest THEN 0
		WHEN pin_try.identity = ANY (p.tried) THEN 1
		WHEN p.tries >= 2 THEN 2
		ELSE 1
	END;
	IF verdict = 0 AND p.tries > 0 THEN
		UPDATE terminal_pin q SET tries = 0 WHERE q.home = v_home AND q.terminal_id = v_id;
		p.tries := 0;
	ELSIF verdict IN (1, 2) AND p.blocked_at IS NULL
		AND (pin_try.identity = ANY (p.tried)) IS NOT TRUE
	THEN
		UPDATE terminal_pin q SET tries = q.tries + 1,
			tried = CASE WHEN pin_try.identity IS NULL THEN q.tried
				ELSE (q.tried || pin_try.identity)[greatest(1, cardinality(q.tried) - 4):] END,
			blocked_at = CASE WHEN q.tries >= 2 THEN clock_timestamp() END
		WHERE q.home = v_home AND q.terminal_id = v_id;
		p.tries := p.tries + 1;
	END IF;
	tries_left := 3 - coalesce(p.tries, 0);
END
$$;
COMMENT ON FUNCTION tegata.pin_try(bigint, text, bytea, bytea) IS 'One try at a PIN';
