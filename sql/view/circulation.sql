-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- In each currency the carrier owes exactly the value that is in people's hands:
-- the balance of account circulation is the sum of what is active, reserved or
-- expired and not yet booked as breakage.
CREATE OR REPLACE VIEW audit.circulation AS
SELECT 'circulation' AS invariant, coalesce(v.currency, c.currency) AS object,
	format('values %s, account %s', coalesce(v.amount, 0), coalesce(c.amount, 0)) AS detail
FROM (SELECT v.currency, sum(v.amount) AS amount FROM tegata.value v
	WHERE v.state IN (1, 2)
		OR (v.state = 4 AND NOT EXISTS (SELECT FROM tegata.charge b
			WHERE b.home = v.home AND b.cause_id = v.value_id AND b.kind = 6))
	GROUP BY v.currency) v
FULL JOIN (SELECT m.currency, sum(m.amount) AS amount
	FROM (SELECT currency, amount FROM tegata.charge WHERE credit_account = -1
		UNION ALL
		SELECT currency, -amount FROM tegata.charge WHERE debit_account = -1) m
	GROUP BY m.currency) c ON c.currency = v.currency
WHERE coalesce(v.amount, 0) <> coalesce(c.amount, 0);
COMMENT ON VIEW audit.circulation IS 'Currencies in which value in circulation is not what was charged for';
