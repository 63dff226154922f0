-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The state in which a question is told.  Past the deadline a yes stands for what was
-- done under it, and where nothing was it is over: nothing begins then.  What was done
-- by one channel was not refused, whatever another one has met meanwhile.  Locks
-- nothing.
SET LOCAL check_function_bodies = off; -- outcome_code comes earlier or later
CREATE OR REPLACE FUNCTION tegata.question_state(q tegata.question) RETURNS smallint
LANGUAGE sql STABLE
AS $$
	SELECT CASE
		WHEN q.state = 1 AND q.deadline <= statement_timestamp() AND NOT EXISTS (
			SELECT FROM tegata.request r
			WHERE r.actor_id = q.terminal_id AND r.request_id = q.request_id) THEN 3::smallint
		WHEN q.state = 5 AND EXISTS (SELECT FROM tegata.request r
			WHERE r.actor_id = q.terminal_id AND r.request_id = q.request_id
			AND r.outcome IN (tegata.outcome_code('ok'), tegata.outcome_code('pending'))) THEN 1::smallint
		ELSE q.state
	END
$$;
COMMENT ON FUNCTION tegata.question_state(tegata.question) IS 'The state in which a question is told';
