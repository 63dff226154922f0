-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Nothing is sent to anybody without a cause: a version in the journal, a question,
-- or a text of the terminal's own.
CREATE OR REPLACE VIEW audit.outbox_cause AS
SELECT 'outbox_cause' AS invariant, CASE o.cause
		WHEN 1 THEN format('%s/%s/%s', o.cause_id, o.version, o.kind)
		ELSE format('message %s', o.message_id) END AS object,
	CASE o.cause WHEN 1 THEN 'no such version of a value' ELSE 'no such question' END AS detail
FROM tegata.outbox o
WHERE CASE o.cause
	WHEN 1 THEN NOT EXISTS (SELECT FROM tegata.journal j
		WHERE j.home = o.home AND j.value_id = o.cause_id AND j.version = o.version)
	WHEN 2 THEN o.created_at > now() - interval '6 days' AND NOT EXISTS (SELECT FROM tegata.question q
		WHERE q.question_id = o.question_id AND q.terminal_id = o.terminal_id)
	END;
COMMENT ON VIEW audit.outbox_cause IS 'Messages that nothing caused';
