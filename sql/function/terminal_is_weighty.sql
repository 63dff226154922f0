-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Are balance, credit that is left and spendable value of a terminal, in any
-- currency, together above the limit from which on a second operator is asked for?
-- Reads what it owns by the owner's index; locks nothing.
CREATE OR REPLACE FUNCTION tegata.terminal_is_weighty(terminal_id bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	IF NOT approval_on() THEN
		RETURN false;
	END IF;
	RETURN EXISTS (SELECT FROM (
			SELECT a.currency, a.balance + CASE a.mode WHEN 2
				THEN greatest(a.credit_limit - a.accrued, 0) ELSE 0 END AS amount FROM account a
			WHERE a.home = (terminal_is_weighty.terminal_id & 63)::smallint
				AND a.terminal_id = terminal_is_weighty.terminal_id
			UNION ALL
			SELECT v.currency, v.amount FROM value v
			WHERE v.owner_id = terminal_is_weighty.terminal_id AND v.state IN (0, 1, 2)
				AND (v.expires_at > clock_timestamp()) IS NOT FALSE) w
		GROUP BY w.currency
		HAVING sum(w.amount) > approval_limit(w.currency));
END
$$;
COMMENT ON FUNCTION tegata.terminal_is_weighty(bigint)
	IS 'Does a terminal have more than one operator may decide about?';
