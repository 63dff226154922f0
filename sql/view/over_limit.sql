-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Who owes more than they may: prepaid anything, postpaid more than the limit.
-- An operator who lowers a limit, or makes an account prepaid, brings it about.
CREATE OR REPLACE VIEW audit.over_limit AS
SELECT 'over_limit' AS invariant, format('%s %s', t.address, a.currency) AS object,
	CASE a.mode WHEN 1 THEN format('prepaid, debt %s', a.accrued)
		ELSE format('limit %s, debt %s', a.credit_limit, a.accrued) END AS detail
FROM tegata.account a
JOIN tegata.terminal t ON t.terminal_id = a.terminal_id
WHERE a.accrued > CASE a.mode WHEN 2 THEN a.credit_limit ELSE 0 END;
COMMENT ON VIEW audit.over_limit IS 'Accounts that owe more than they may';
