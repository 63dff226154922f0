-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What terminals are told by SMS: when, why, and what became of it; not in which
-- words, because balances and codes stand in them.  The text that puts a question by
-- SMS is a reply to the text that caused it: it is known by the question's code in it.
CREATE OR REPLACE VIEW audit.text AS
SELECT o.message_id, coalesce(t.address, o.address) AS number, o.terminal_id,
	CASE o.cause WHEN 1 THEN o.text_key WHEN 2 THEN 'question'
		ELSE 'reply' END AS kind,
	CASE WHEN coalesce(o.cause_id, (q.arguments->>'value_id')::bigint) IS NOT NULL
		THEN tegata.value_id_text(coalesce(o.cause_id, (q.arguments->>'value_id')::bigint)) END AS value_id,
	o.version, coalesce(j.request_id, q.request_id) AS request_id, q.question_id, o.created_at,
	CASE WHEN o.state = 0 AND o.leased_until > clock_timestamp() THEN 'being sent'
		ELSE (ARRAY['waiting', 'sent', 'told', 'dead'])[o.state + 1] END AS state,
	o.attempts, o.sent_at, o.told_at, o.link, o.parts, o.valid_until, o.error
FROM tegata.outbox o
LEFT JOIN tegata.terminal t ON t.terminal_id = o.terminal_id
LEFT JOIN tegata.journal j ON o.cause = 1 AND j.home = o.home AND j.value_id = o.cause_id AND j.version = o.version
LEFT JOIN LATERAL (
	SELECT a.question_id, a.request_id, a.arguments FROM tegata.question a
	WHERE o.cause = 2 AND a.question_id = o.question_id
	UNION ALL
	(SELECT c.question_id, c.request_id, c.arguments FROM tegata.question c
	WHERE o.cause = 3 AND c.terminal_id = o.terminal_id AND c.opened_at <= o.created_at
		AND o.text ~ ('[^0-9] ' || c.code || '(?![0-9A-Z])')
	ORDER BY c.question_id DESC LIMIT 1)) q ON true
WHERE o.kind = 1;
COMMENT ON VIEW audit.text IS 'Texts to terminals: to whom, why, when, and what became of them; without their words. Kept 7 days, those that never arrived 30';
COMMENT ON COLUMN audit.text.message_id IS 'Counts up; gaps mean nothing';
COMMENT ON COLUMN audit.text.number IS 'To which number, as it is now';
COMMENT ON COLUMN audit.text.terminal_id IS 'Whose; NULL: nobody''s number';
COMMENT ON COLUMN audit.text.kind IS 'receipt.bought, receipt.sent, receipt.received...: of an operation; question: put from outside of SMS; reply: to a text of the terminal''s';
COMMENT ON COLUMN audit.text.value_id IS 'What it is about, as people know it; NULL: no value yet, or none at all';
COMMENT ON COLUMN audit.text.version IS 'Of a receipt: which change of the value, as in audit.journal';
COMMENT ON COLUMN audit.text.request_id IS 'Of the operation that it tells of, or asks about; NULL: neither';
COMMENT ON COLUMN audit.text.question_id IS 'Which question it puts, or answers to; NULL: none, or one of more than 7 days ago';
COMMENT ON COLUMN audit.text.created_at IS 'When it was written';
COMMENT ON COLUMN audit.text.state IS 'waiting, being sent; sent: the network has taken it; told: it has arrived; dead: it will never be sent, or never arrived';
COMMENT ON COLUMN audit.text.attempts IS 'How often it was tried';
COMMENT ON COLUMN audit.text.sent_at IS 'When the network had taken all of it';
COMMENT ON COLUMN audit.text.told_at IS 'When a receipt said that it has arrived';
COMMENT ON COLUMN audit.text.link IS 'By which link it was tried last';
COMMENT ON COLUMN audit.text.parts IS 'How many short messages it took';
COMMENT ON COLUMN audit.text.valid_until IS 'Not sent any more from then on';
COMMENT ON COLUMN audit.text.error IS 'Why it was not sent the last time, or not delivered';
