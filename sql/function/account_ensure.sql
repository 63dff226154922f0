-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Makes the accounts (prepaid, empty) that these terminals lack, so that there
-- is a row to lock.  Waits for another session that makes the same account.
-- Pairs whose terminal or currency does not exist are passed over.
CREATE OR REPLACE FUNCTION tegata.account_ensure(terminal_ids bigint[], currencies text[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	INSERT INTO account (home, terminal_id, currency)
	SELECT DISTINCT t.home, t.terminal_id, i.currency
	FROM unnest(terminal_ids, currencies) AS i(terminal_id, currency)
	JOIN terminal t ON t.terminal_id = i.terminal_id
	LEFT JOIN account a ON a.home = t.home AND a.terminal_id = t.terminal_id
		AND a.currency = i.currency
	WHERE i.currency IS NOT NULL AND a.terminal_id IS NULL
	ORDER BY 1, 2, 3
	ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION tegata.account_ensure(bigint[], text[]) IS 'Makes the accounts that are missing';
