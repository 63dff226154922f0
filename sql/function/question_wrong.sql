-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A wrong code came from this terminal: the fifth one while a question is open ends
-- it, so that codes cannot be guessed.
--
-- Locks: the terminal's open questions in their order, and waits for them.
CREATE OR REPLACE FUNCTION tegata.question_wrong(terminal_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	PERFORM FROM question q WHERE q.terminal_id = question_wrong.terminal_id AND q.state = 0
	ORDER BY q.question_id FOR UPDATE;
	UPDATE question q SET wrong = q.wrong + 1, state = CASE WHEN q.wrong >= 4 THEN 4 ELSE 0 END
	WHERE q.terminal_id = question_wrong.terminal_id AND q.state = 0;
END
$$;
COMMENT ON FUNCTION tegata.question_wrong(bigint) IS 'Counts a wrong code against what a terminal is asked';
