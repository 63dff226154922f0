-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What a manager asks every second.  Locks nothing.
CREATE OR REPLACE FUNCTION tegata.service_state(OUT schema_level int, OUT maintenance boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	schema_level := (SELECT max(p.number) FROM patch p);
	maintenance := setting_on('maintenance');
END
$$;
COMMENT ON FUNCTION tegata.service_state() IS 'Number of the last patch, and whether value is not moved at present';
