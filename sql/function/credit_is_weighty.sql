-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Is a credit limit, which is as good as money, raised above the limit from which on
-- a second operator is asked for?  currency NULL: in any that is on sale.  Locks
-- nothing.
CREATE OR REPLACE FUNCTION tegata.credit_is_weighty(terminal_id bigint, currency text,
	credit_limit bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN EXISTS (SELECT FROM (SELECT credit_is_weighty.currency AS currency
			UNION SELECT p.currency FROM product p
			WHERE p.on_sale AND credit_is_weighty.currency IS NULL) c
		LEFT JOIN account a ON a.home = (credit_is_weighty.terminal_id & 63)::smallint
			AND a.terminal_id = credit_is_weighty.terminal_id AND a.currency = c.currency
		WHERE credit_is_weighty.credit_limit > approval_limit(c.currency)
			AND credit_is_weighty.credit_limit > coalesce(a.credit_limit, 0));
END
$$;
COMMENT ON FUNCTION tegata.credit_is_weighty(bigint, text, bigint)
	IS 'Is a credit limit raised above what one operator may decide?';
