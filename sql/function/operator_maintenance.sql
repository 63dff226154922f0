-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Turns maintenance mode on or off: while it is on no value is issued or
-- transferred; checks and lists go on.  A batch that has read the setting before goes on to
-- its end, which may come after this has returned.
--
-- Locks the setting, and waits for it.  Idempotent.
--
-- Outcomes in precedence: body_malformed (neither on nor off), ok.
CREATE OR REPLACE FUNCTION tegata.operator_maintenance(maintenance boolean, reason text,
	OUT outcome smallint, OUT note text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	SELECT o.outcome, o.note INTO operator_maintenance.outcome, operator_maintenance.note
	FROM operator_setting('maintenance', CASE maintenance WHEN true THEN 'on' WHEN false THEN 'off' END, reason) o;
END
$$;
COMMENT ON FUNCTION tegata.operator_maintenance(boolean, text) IS 'Maintenance mode on or off';
