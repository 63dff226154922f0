-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Reads a switch of table setting.  Locks nothing.
CREATE OR REPLACE FUNCTION tegata.setting_on(name text) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	RETURN (SELECT s.value = 'on' FROM setting s WHERE s.name = setting_on.name);
END
$$;
COMMENT ON FUNCTION tegata.setting_on(text) IS 'Is this setting on?';
