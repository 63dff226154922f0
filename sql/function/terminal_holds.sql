-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Does a terminal own value that is not at its end?  Past its expiry it is,
-- whether somebody wrote it down or not.
CREATE OR REPLACE FUNCTION tegata.terminal_holds(terminal_id bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	RETURN EXISTS (SELECT FROM value v
		WHERE v.owner_id = terminal_holds.terminal_id
		AND (v.state IN (0, 2) OR v.state = 1 AND (v.expires_at > clock_timestamp()) IS NOT FALSE));
END
$$;
COMMENT ON FUNCTION tegata.terminal_holds(bigint) IS 'Does it own pending, active or reserved value?';
