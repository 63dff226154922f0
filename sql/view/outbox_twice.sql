-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Texts of which the network delivered a part more than once: its answer was lost,
-- and it was sent again.
CREATE OR REPLACE VIEW audit.outbox_twice AS
SELECT 'outbox_twice' AS invariant, format('message %s', r.message_id) AS object,
	format('part %s was delivered %s times', r.part, count(*)) AS detail
FROM tegata.outbox_receipt r
WHERE r.message_id IS NOT NULL AND r.state = 2
GROUP BY r.message_id, r.part
HAVING count(*) > 1;
COMMENT ON VIEW audit.outbox_twice IS 'Texts that arrived more than once';
