-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The fee that was booked is the one that the subscriber was told; for as long as
-- the answer is kept.
CREATE OR REPLACE VIEW audit.issue_fee AS
SELECT 'issue_fee' AS invariant, r.value_id::text AS object,
	format('told %s, booked %s', r.fee, coalesce(c.amount, 0)) AS detail
FROM tegata.request r
LEFT JOIN tegata.charge c ON c.home = r.home AND c.cause_id = r.value_id AND c.kind = 2 AND c.version > 0
WHERE r.operation = 1 AND r.outcome = 0 AND coalesce(r.fee, 0) <> coalesce(c.amount, 0);
COMMENT ON VIEW audit.issue_fee IS 'Issues whose fee is not the one that was told';
