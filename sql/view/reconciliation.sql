-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What reconciliation found, run by run.
CREATE OR REPLACE VIEW audit.reconciliation AS
SELECT r.run_id, r.at, r.took_ms, r.operator, l.kind, l.currency, l.expected, l.found, l.difference, l.objects
FROM tegata.reconciliation r, jsonb_to_recordset(r.lines) AS l(kind text, currency text,
	expected numeric, found numeric, difference numeric, objects bigint);
COMMENT ON VIEW audit.reconciliation IS 'Results of reconciliation that were kept; amounts in minor units';
COMMENT ON COLUMN audit.reconciliation.run_id IS 'Counts up';
COMMENT ON COLUMN audit.reconciliation.at IS 'Of the snapshot';
COMMENT ON COLUMN audit.reconciliation.took_ms IS 'How long it took';
COMMENT ON COLUMN audit.reconciliation.operator IS 'Who ran it';
COMMENT ON COLUMN audit.reconciliation.kind IS 'What was compared, as in function reconcile';
COMMENT ON COLUMN audit.reconciliation.currency IS 'ISO 4217';
COMMENT ON COLUMN audit.reconciliation.expected IS 'Sum of the one side';
COMMENT ON COLUMN audit.reconciliation.found IS 'Sum of the other side';
COMMENT ON COLUMN audit.reconciliation.difference IS 'found - expected';
COMMENT ON COLUMN audit.reconciliation.objects IS 'How many differ; differences of both signs may cancel in the sum';
