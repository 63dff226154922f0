-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Who holds what now.  Locks nothing.
CREATE OR REPLACE FUNCTION tegata.lease_list()
RETURNS TABLE (resource text, holder text, taken_at timestamptz, expires_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT l.resource, l.holder, l.taken_at, l.expires_at FROM lease l
	WHERE l.expires_at > clock_timestamp() ORDER BY l.resource;
END
$$;
COMMENT ON FUNCTION tegata.lease_list() IS 'Leases in force';
