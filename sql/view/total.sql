-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What was issued and what has become of it; by the day of issue.
CREATE OR REPLACE VIEW audit.total AS
SELECT date '2020-01-01' + (v.value_id >> 48)::int AS issued_on, v.currency,
	(ARRAY['pending', 'active', 'reserved', 'converted', 'expired', 'revoked'])[v.state + 1] AS state,
	count(*) AS number, sum(v.amount) AS amount
FROM tegata.value v
GROUP BY 1, 2, v.state;
COMMENT ON VIEW audit.total IS 'Values by day of issue, currency and state; amounts in minor units';
COMMENT ON COLUMN audit.total.issued_on IS 'Day of issue, UTC';
COMMENT ON COLUMN audit.total.currency IS 'ISO 4217';
COMMENT ON COLUMN audit.total.state IS 'As it is now';
COMMENT ON COLUMN audit.total.number IS 'How many values';
COMMENT ON COLUMN audit.total.amount IS 'Their sum in minor units';
