-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Balance and debt of terminals in quarantine: a SIM swap takes them along, after
-- a recycled number they wait for operator_account_settle.  Of retired ones there
-- is none.
CREATE OR REPLACE VIEW audit.money_left AS
SELECT 'money_left' AS invariant, format('%s %s', t.address, a.currency) AS object,
	format('terminal %s, %s since %s: balance %s, debt %s', t.terminal_id,
		CASE t.status WHEN 4 THEN 'retired, quarantined' ELSE 'quarantined' END,
		t.quarantined_at, a.balance, a.accrued) AS detail
FROM tegata.terminal t
JOIN tegata.account a ON a.home = t.home AND a.terminal_id = t.terminal_id
WHERE t.status IN (3, 4) AND (a.balance > 0 OR a.accrued > 0);
COMMENT ON VIEW audit.money_left IS 'Money and debt of terminals that nobody can use: to be settled';
