-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Every change of every value, in the order of a value's versions.
CREATE OR REPLACE VIEW audit.journal AS
SELECT tegata.value_id_text(j.value_id) AS value_id, j.version, j.at,
	(ARRAY['issue', 'transfer', 'settle', 'swap', 'lapse'])[j.operation] AS operation,
	(ARRAY['pending', 'active', 'reserved', 'converted', 'expired', 'revoked'])[j.state + 1] AS state,
	a.address AS actor, o.address AS owner, j.link, tegata.text_redact(j.reference) AS reference, j.request_id
FROM tegata.journal j
LEFT JOIN tegata.terminal a ON a.terminal_id = j.actor_id
LEFT JOIN tegata.terminal o ON o.terminal_id = j.owner_id;
COMMENT ON VIEW audit.journal IS 'Every change of every value: who asked, by which link, and who owned it then';
COMMENT ON COLUMN audit.journal.value_id IS 'As people know it, 20 digits';
COMMENT ON COLUMN audit.journal.version IS 'From 1, without a gap';
COMMENT ON COLUMN audit.journal.at IS 'When it was decided';
COMMENT ON COLUMN audit.journal.operation IS 'issue, transfer, settle, swap, lapse';
COMMENT ON COLUMN audit.journal.state IS 'State after the change';
COMMENT ON COLUMN audit.journal.actor IS 'Who asked; NULL: an operator or the system';
COMMENT ON COLUMN audit.journal.owner IS 'Owner after the change';
COMMENT ON COLUMN audit.journal.link IS 'By which link it came';
COMMENT ON COLUMN audit.journal.reference IS 'The shops order reference';
COMMENT ON COLUMN audit.journal.request_id IS 'Under which request id, as in the logs';
