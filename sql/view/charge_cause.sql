-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Every movement has its cause: a version of a value, an operator's act, or the
-- hand-over of a swap; and both its accounts exist.
CREATE OR REPLACE VIEW audit.charge_cause AS
SELECT 'charge_cause' AS invariant, format('%s/%s/%s', c.cause_id, c.version, c.kind) AS object,
	CASE WHEN c.caused THEN 'an account does not exist' ELSE 'no cause' END AS detail
FROM (SELECT c.*,
		CASE
			WHEN c.version > 0 THEN EXISTS (SELECT FROM tegata.journal j
				WHERE j.home = c.home AND j.value_id = c.cause_id AND j.version = c.version)
			WHEN c.kind = 7 THEN EXISTS (SELECT FROM tegata.operator_act o
				WHERE o.terminal_id = c.credit_account AND o.cause_id = c.cause_id)
			WHEN c.kind IN (5, 9) THEN EXISTS (SELECT FROM tegata.operator_act o
				WHERE o.terminal_id IN (c.credit_account, c.debit_account)
					AND o.act = 'account_settle' AND o.cause_id = c.cause_id)
			ELSE c.kind = 8
		END AS caused
	FROM tegata.charge c) c
WHERE NOT c.caused
	OR EXISTS (SELECT FROM (VALUES (c.debit_account), (c.credit_account)) AS a(id)
		WHERE CASE WHEN a.id > 0
			THEN NOT EXISTS (SELECT FROM tegata.account t WHERE t.home = (a.id & 63)::smallint
				AND t.terminal_id = a.id AND t.currency = c.currency)
			ELSE NOT EXISTS (SELECT FROM tegata.carrier_account t WHERE t.account_id = a.id) END);
COMMENT ON VIEW audit.charge_cause IS 'Movements of money that nothing caused';
