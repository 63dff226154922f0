-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Gives a lease back, so that the standby need not wait.  Locks the resource's
-- row, and waits for it.  What another holds is left alone.
CREATE OR REPLACE FUNCTION tegata.lease_release(resource text, holder text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	DELETE FROM lease l
	WHERE l.resource = lease_release.resource AND l.holder = lease_release.holder;
END
$$;
COMMENT ON FUNCTION tegata.lease_release(text, text) IS 'Gives a lease back';
