-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Texts that wait for more than an hour, one line in all: their number is what an
-- SMSC that is gone leaves behind.
CREATE OR REPLACE VIEW audit.outbox_late AS
SELECT 'outbox_late' AS invariant, format('%s texts', count(*)) AS object,
	format('wait for more than an hour, the oldest since %s', min(o.created_at)) AS detail
FROM tegata.outbox o
WHERE o.state = 0 AND o.created_at < clock_timestamp() - interval '1 hour'
HAVING count(*) > 0;
COMMENT ON VIEW audit.outbox_late IS 'Texts that wait for too long';
