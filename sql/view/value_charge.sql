-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Every issue is charged as its policy says, exactly once: at issue to the
-- issuer's account, or when the external system has answered to what it owes us;
-- so is its fee, where there is one.  What is pending, or was revoked before it was
-- active, is not charged.  What has come to its end is taken out of circulation
-- once, except that expired value waits for the carrier to book it as breakage;
-- what has not, never.
CREATE OR REPLACE VIEW audit.value_charge AS
SELECT 'value_charge' AS invariant, v.value_id::text AS object,
	CASE WHEN v.charged_well THEN format('state %s, %s taken out of circulation', v.state, v.out_amount)
		ELSE format('%s issue charges of %s in all', v.n, v.charged) END AS detail
FROM (SELECT v.value_id, v.state, coalesce(c.n, 0) AS n, coalesce(c.charged, 0) AS charged,
		coalesce(c.out_amount, 0) AS out_amount, v.amount,
		CASE WHEN v.due THEN c.n = 1 AND c.charged = v.amount AND c.n_fee <= 1 AND c.currency_min = v.currency
				AND c.currency_max = v.currency
				AND c.debit_min = CASE v.policy WHEN 1 THEN v.issuer_id ELSE -4 END
				AND c.debit_max = CASE v.policy WHEN 1 THEN v.issuer_id ELSE -4 END
				AND c.credits_well
			ELSE c.cause_id IS NULL END IS TRUE AS charged_well,
		CASE WHEN v.state IN (3, 5) AND v.due THEN c.n_out = 1 AND c.out_amount = v.amount
			WHEN v.state = 4 THEN coalesce(c.n_out, 0) = 0 OR (c.n_out = 1 AND c.out_amount = v.amount)
			ELSE coalesce(c.n_out, 0) = 0 END IS TRUE AS ends_well
	FROM (SELECT v.*,
			(v.policy = 1 OR EXISTS (SELECT FROM tegata.journal j
				WHERE j.home = v.home AND j.value_id = v.value_id AND j.operation = 3 AND j.state = 1))
				AS due
		FROM tegata.value v) v
	LEFT JOIN (SELECT c.home, c.cause_id,
			count(*) FILTER (WHERE c.kind = 1) AS n,
			sum(c.amount) FILTER (WHERE c.kind = 1) AS charged,
			count(*) FILTER (WHERE c.kind = 2) AS n_fee,
			count(*) FILTER (WHERE c.debit_account = -1) AS n_out,
			sum(c.amount) FILTER (WHERE c.debit_account = -1) AS out_amount,
			min(c.currency) AS currency_min, max(c.currency) AS currency_max,
			min(c.debit_account) FILTER (WHERE c.kind IN (1, 2)) AS debit_min,
			max(c.debit_account) FILTER (WHERE c.kind IN (1, 2)) AS debit_max,
			bool_and(CASE c.kind WHEN 1 THEN c.credit_account = -1 WHEN 2 THEN c.credit_account = -2
				ELSE true END) AS credits_well
		FROM tegata.charge c WHERE c.version > 0
		GROUP BY c.home, c.cause_id) c ON c.home = v.home AND c.cause_id = v.value_id) v
WHERE NOT v.charged_well OR NOT v.ends_well;
COMMENT ON VIEW audit.value_charge IS 'Values that were not charged exactly once as their policy says, or not taken out of circulation once at their end';
