-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A question is answered once, within its deadline; a terminal has five open ones at
-- most, and none stays open long after its deadline.
CREATE OR REPLACE VIEW audit.question_step AS
SELECT 'question_step' AS invariant, format('question %s', q.question_id) AS object,
	CASE WHEN q.state = 0 THEN format('open, deadline was %s', q.deadline)
		WHEN q.state IN (1, 2, 5) THEN 'answered, but not within its deadline'
		ELSE 'not answered, but it has an answer' END AS detail
FROM tegata.question q
WHERE CASE WHEN q.state = 0 THEN q.deadline < clock_timestamp() - interval '1 hour' OR q.answered_at IS NOT NULL
	WHEN q.state IN (1, 2, 5) THEN (q.answered_at < q.deadline AND q.answered_at >= q.opened_at) IS NOT TRUE
	ELSE q.answered_at IS NOT NULL END
UNION ALL
SELECT 'question_step', format('terminal %s', q.terminal_id), format('%s open questions', count(*))
FROM tegata.question q WHERE q.state = 0
GROUP BY q.terminal_id HAVING count(*) > 5;
COMMENT ON VIEW audit.question_step IS 'Questions whose state is not what happened to them';
