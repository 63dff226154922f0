-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What a terminal has paid in and not spent, less what it owes, for people to
-- read: "800 JPY, -250 EUR (minor units)".  NULL: neither.
CREATE OR REPLACE FUNCTION tegata.terminal_money(terminal_id bigint) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	RETURN (SELECT string_agg(format('%s %s', a.balance - a.accrued, a.currency), ', '
			ORDER BY a.currency) || ' (minor units)'
		FROM account a
		WHERE a.home = (terminal_money.terminal_id & 63)::smallint
			AND a.terminal_id = terminal_money.terminal_id AND (a.balance > 0 OR a.accrued > 0));
END
$$;
COMMENT ON FUNCTION tegata.terminal_money(bigint) IS 'Balance and debt of a terminal, in words';
