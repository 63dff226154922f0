-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Under which number a terminal was reached at a time: where the carrier changed it
-- since, the number that it had before the first such change.  Locks nothing.
CREATE OR REPLACE FUNCTION tegata.terminal_address_at(terminal_id bigint, at timestamptz) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	RETURN coalesce(
		(SELECT o.arguments->>'from' FROM operator_act o
		WHERE o.terminal_id = terminal_address_at.terminal_id AND o.act = 'terminal_renumber'
			AND o.outcome = 0 AND o.at > terminal_address_at.at
		ORDER BY o.act_id LIMIT 1),
		(SELECT t.address FROM terminal t WHERE t.terminal_id = terminal_address_at.terminal_id));
END
$$;
COMMENT ON FUNCTION tegata.terminal_address_at(bigint, timestamptz) IS 'A terminal''s number as it was at a time';
