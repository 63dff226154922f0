-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Every issue is charged as its policy says, exactly once: at issue to the
-- issuer's account, or when the external system has answered to what it owes us.
-- What is pending, or was revoked before it was active, is not charged.
CREATE OR REPLACE VIEW audit.value_charge AS
SELECT 'value_charge' AS invariant, v.value_id::text AS object,
	format('%s issue charges of %s in all', c.n, c.amount) AS detail
FROM (SELECT v.*,
		(v.policy = 1 OR EXISTS (SELECT FROM tegata.journal j
			WHERE j.home = v.home AND j.value_id = v.value_id AND j.operation = 3 AND j.state = 1))
			AS due
	FROM tegata.value v) v
LEFT JOIN LATERAL (SELECT count(*) AS n, coalesce(sum(c.amount), 0) AS amount,
		bool_and(c.currency = v.currency AND c.credit_account = -1
			AND c.debit_account = CASE v.policy WHEN 1 THEN v.issuer_id ELSE -4 END) AS fits
	FROM tegata.charge c
	WHERE c.home = v.home AND c.cause_id = v.value_id AND c.kind = 1) c ON true
WHERE CASE WHEN v.due THEN c.n <> 1 OR c.amount <> v.amount OR NOT c.fits ELSE c.n <> 0 END;
COMMENT ON VIEW audit.value_charge IS 'Values that were not charged exactly once as their policy says';
