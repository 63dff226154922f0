-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Rows that no month's partition was made for.  Nothing is lost by it, but
-- partition_ensure has not been called, or fails, and what is in the way has to
-- be moved later while the table is locked.
CREATE OR REPLACE VIEW audit.default_partition AS
SELECT 'default_partition' AS invariant, d.name AS object, format('%s rows', d.n) AS detail
FROM (SELECT 'value_default' AS name, count(*) AS n FROM tegata.value_default
	UNION ALL SELECT 'journal_default', count(*) FROM tegata.journal_default
	UNION ALL SELECT 'charge_default', count(*) FROM tegata.charge_default) d
WHERE d.n > 0;
COMMENT ON VIEW audit.default_partition IS 'Rows of days that have no partition: the managers make none';
