-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Nothing is sent to anybody without a cause in the journal.
CREATE OR REPLACE VIEW audit.outbox_cause AS
SELECT 'outbox_cause' AS invariant, format('%s/%s/%s', o.cause_id, o.version, o.kind) AS object,
	'no such version of a value' AS detail
FROM tegata.outbox o
WHERE NOT EXISTS (SELECT FROM tegata.journal j
	WHERE j.home = o.home AND j.value_id = o.cause_id AND j.version = o.version);
COMMENT ON VIEW audit.outbox_cause IS 'Messages that nothing caused';
