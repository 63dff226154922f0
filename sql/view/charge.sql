-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Every movement of money, with the names of both sides.
CREATE OR REPLACE VIEW audit.charge AS
SELECT tegata.value_id_text(c.cause_id) AS cause_id, c.version, c.at,
	(ARRAY['issue', 'fee', 'transfer', 'conversion', 'refund', 'breakage', 'top_up', 'swap', 'write_off'])[c.kind] AS kind,
	coalesce((SELECT n.name FROM tegata.carrier_account n WHERE n.account_id = c.debit_account),
		(SELECT t.address FROM tegata.terminal t WHERE t.terminal_id = c.debit_account), c.debit_account::text) AS debit,
	coalesce((SELECT n.name FROM tegata.carrier_account n WHERE n.account_id = c.credit_account),
		(SELECT t.address FROM tegata.terminal t WHERE t.terminal_id = c.credit_account), c.credit_account::text) AS credit,
	c.amount, c.currency
FROM tegata.charge c;
COMMENT ON VIEW audit.charge IS 'Every movement of money in minor units: telephone numbers, or the carrier''s own accounts by name';
COMMENT ON COLUMN audit.charge.cause_id IS 'The value id, 20 digits; of a movement without a value an id of the same form';
COMMENT ON COLUMN audit.charge.version IS 'Version of the value that caused it; 0 without a value';
COMMENT ON COLUMN audit.charge.at IS 'When';
COMMENT ON COLUMN audit.charge.kind IS 'issue, fee, transfer, conversion, refund, breakage, top_up, swap, write_off';
COMMENT ON COLUMN audit.charge.debit IS 'What is given, or owed: a telephone number, or an account of the carrier';
COMMENT ON COLUMN audit.charge.credit IS 'The same: what receives';
COMMENT ON COLUMN audit.charge.amount IS 'Minor units';
COMMENT ON COLUMN audit.charge.currency IS 'ISO 4217';
