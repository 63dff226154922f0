-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Texts that never arrived: their validity ended, or the network said no.
CREATE OR REPLACE VIEW audit.outbox_dead AS
SELECT 'outbox_dead' AS invariant, format('message %s', o.message_id) AS object,
	format('to %s, written on %s, tried %s times: %s', coalesce(t.address, o.address), o.created_at,
		o.attempts, coalesce(o.error, 'no reason known')) AS detail
FROM tegata.outbox o
LEFT JOIN tegata.terminal t ON t.terminal_id = o.terminal_id
WHERE o.state = 3;
COMMENT ON VIEW audit.outbox_dead IS 'Texts that will never be sent';
