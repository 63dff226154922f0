-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Every movement has its cause: a version of a value, or an operator's act that
-- says the same terminal, amount and currency; and both its accounts exist.
CREATE OR REPLACE VIEW audit.charge_cause AS
SELECT 'charge_cause' AS invariant, format('%s/%s/%s', c.cause_id, c.version, c.kind) AS object,
	'no cause' AS detail
FROM tegata.charge c
LEFT JOIN tegata.journal j ON j.home = c.home AND j.value_id = c.cause_id AND j.version = c.version
WHERE c.version > 0 AND j.value_id IS NULL
UNION ALL
SELECT 'charge_cause', format('%s/%s/%s', c.cause_id, c.version, c.kind), 'no cause'
FROM tegata.charge c
WHERE c.version <= 0 AND NOT EXISTS (SELECT FROM tegata.operator_act o
	WHERE o.terminal_id IN (c.credit_account, c.debit_account)
		AND CASE c.kind
			WHEN 8 THEN o.act = 'terminal_swap' AND o.outcome = 0
				AND (o.arguments->>'from')::bigint IN (c.credit_account, c.debit_account)
				AND (o.arguments->>'from')::bigint <> o.terminal_id
			ELSE o.cause_id = c.cause_id
				AND o.act = ANY (CASE c.kind WHEN 5 THEN '{account_settle,top_up_reverse}'
					WHEN 7 THEN '{top_up}' WHEN 9 THEN '{account_settle}' END::text[])
				AND o.arguments->>'currency' = c.currency
				AND (o.arguments->>'amount')::bigint = c.amount
			END)
UNION ALL
SELECT 'charge_cause', format('account %s %s', m.account_id, m.currency), 'an account does not exist'
FROM (SELECT c.debit_account AS account_id, c.currency FROM tegata.charge c
	UNION SELECT c.credit_account, c.currency FROM tegata.charge c) m
LEFT JOIN tegata.account a ON a.terminal_id = m.account_id AND a.currency = m.currency
LEFT JOIN tegata.carrier_account n ON n.account_id = m.account_id
WHERE a.terminal_id IS NULL AND n.account_id IS NULL;
COMMENT ON VIEW audit.charge_cause IS 'Movements of money that nothing caused';
