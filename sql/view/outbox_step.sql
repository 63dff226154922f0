-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A text that waits was not sent, one that was sent has its time and its parts, and
-- one counts as told when a receipt says so of each part.
CREATE OR REPLACE VIEW audit.outbox_step AS
SELECT 'outbox_step' AS invariant, format('message %s', o.message_id) AS object,
	CASE o.state WHEN 0 THEN 'waits, and was sent' WHEN 1 THEN 'sent, without a time'
		WHEN 2 THEN 'told, without a receipt for each part' ELSE 'dead, and told' END AS detail
FROM tegata.outbox o
WHERE CASE o.state
	WHEN 0 THEN o.sent_at IS NOT NULL OR o.told_at IS NOT NULL
	WHEN 1 THEN o.sent_at IS NULL OR o.parts IS NULL OR o.told_at IS NOT NULL
	WHEN 2 THEN o.told_at IS NULL OR o.sent_at IS NULL OR o.parts > (SELECT count(DISTINCT r.part)
		FROM tegata.outbox_receipt r WHERE r.message_id = o.message_id AND r.state = 2)
	ELSE o.told_at IS NOT NULL END;
COMMENT ON VIEW audit.outbox_step IS 'Messages whose state is not what happened to them';
