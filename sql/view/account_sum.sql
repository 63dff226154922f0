-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What an account says is the sum of its movements: balance - accrued = credits
-- - debits; and it belongs to a terminal.
CREATE OR REPLACE VIEW audit.account_sum AS
SELECT 'account_sum' AS invariant,
	format('%s %s', coalesce(a.terminal_id, s.account_id), coalesce(a.currency, s.currency)) AS object,
	CASE WHEN a.terminal_id IS NOT NULL AND t.terminal_id IS NULL THEN 'no such terminal'
		ELSE format('balance %s, accrued %s, movements %s', a.balance, a.accrued, coalesce(s.amount, 0))
	END AS detail
FROM tegata.account a
FULL JOIN (SELECT m.account_id, m.currency, sum(m.amount) AS amount
	FROM (SELECT credit_account AS account_id, currency, amount FROM tegata.charge
		WHERE credit_account > 0
		UNION ALL
		SELECT debit_account, currency, -amount FROM tegata.charge WHERE debit_account > 0) m
	GROUP BY m.account_id, m.currency) s
	ON s.account_id = a.terminal_id AND s.currency = a.currency
LEFT JOIN tegata.terminal t ON t.terminal_id = a.terminal_id
WHERE coalesce(a.balance - a.accrued, 0) <> coalesce(s.amount, 0)
	OR (a.terminal_id IS NOT NULL AND t.terminal_id IS NULL);
COMMENT ON VIEW audit.account_sum IS 'Accounts whose stored balance is not the sum of their movements';
