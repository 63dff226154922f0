-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Every value: what it is worth and who owns it.
CREATE OR REPLACE VIEW audit.value AS
SELECT tegata.value_id_text(v.value_id) AS value_id, v.amount, v.currency,
	(ARRAY['pending', 'active', 'reserved', 'converted', 'expired', 'revoked'])[v.state + 1] AS state,
	p.code AS product, i.address AS issuer, o.address AS owner, v.owner_since, v.expires_at, v.version
FROM tegata.value v
LEFT JOIN tegata.product p ON p.product_id = v.product_id
LEFT JOIN tegata.terminal i ON i.terminal_id = v.issuer_id
LEFT JOIN tegata.terminal o ON o.terminal_id = v.owner_id;
COMMENT ON VIEW audit.value IS 'Every value, its worth in minor units, its owner';
COMMENT ON COLUMN audit.value.value_id IS 'As people know it, 20 digits';
COMMENT ON COLUMN audit.value.amount IS 'Minor units';
COMMENT ON COLUMN audit.value.currency IS 'ISO 4217';
COMMENT ON COLUMN audit.value.state IS 'pending, active, reserved, converted, expired, revoked';
COMMENT ON COLUMN audit.value.product IS 'Code of the product';
COMMENT ON COLUMN audit.value.issuer IS 'Number of the terminal that was charged';
COMMENT ON COLUMN audit.value.owner IS 'Number or shop code of the owner';
COMMENT ON COLUMN audit.value.owner_since IS 'When it became the owner';
COMMENT ON COLUMN audit.value.expires_at IS 'Not spendable from then on; NULL: never';
COMMENT ON COLUMN audit.value.version IS 'Number of its last change';
