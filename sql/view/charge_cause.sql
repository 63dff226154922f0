-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Every movement has its cause: a version of a value, or an operator's act that
-- says the same terminal, amount and currency; and both its accounts exist.
CREATE OR REPLACE VIEW audit.charge_cause AS
SELECT 'charge_cause' AS invariant, format('%s/%s/%s', c.cause_id, c.version, c.kind) AS object,
	CASE WHEN c.caused THEN 'an account does not exist' ELSE 'no cause' END AS detail
FROM (SELECT c.*,
		CASE
			WHEN c.version > 0 THEN EXISTS (SELECT FROM tegata.journal j
				WHERE j.home = c.home AND j.value_id = c.cause_id AND j.version = c.version)
			WHEN c.kind IN (5, 7, 9) THEN EXISTS (SELECT FROM tegata.operator_act o
				WHERE o.terminal_id IN (c.credit_account, c.debit_account) AND o.cause_id = c.cause_id
					AND o.act = ANY (CASE c.kind WHEN 5 THEN '{account_settle,top_up_reverse}'
						WHEN 7 THEN '{top_up}' ELSE '{account_settle}' END::text[])
					AND o.arguments->>'currency' = c.currency
					AND (o.arguments->>'amount')::bigint = c.amount)
			WHEN c.kind = 8 THEN EXISTS (SELECT FROM tegata.operator_act o
				WHERE o.terminal_id IN (c.credit_account, c.debit_account)
					AND o.act = 'terminal_swap' AND o.outcome = 0
					AND (o.arguments->>'from')::bigint IN (c.credit_account, c.debit_account)
					AND (o.arguments->>'from')::bigint <> o.terminal_id)
			ELSE false
		END AS caused
	FROM tegata.charge c) c
WHERE NOT c.caused
	OR EXISTS (SELECT FROM (VALUES (c.debit_account), (c.credit_account)) AS a(id)
		WHERE CASE WHEN a.id > 0
			THEN NOT EXISTS (SELECT FROM tegata.account t WHERE t.home = (a.id & 63)::smallint
				AND t.terminal_id = a.id AND t.currency = c.currency)
			ELSE NOT EXISTS (SELECT FROM tegata.carrier_account t WHERE t.account_id = a.id) END);
COMMENT ON VIEW audit.charge_cause IS 'Movements of money that nothing caused';
