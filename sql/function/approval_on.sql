-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Is a second operator asked for in any currency?  Locks nothing.
CREATE OR REPLACE FUNCTION tegata.approval_on() RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	RETURN EXISTS (SELECT FROM setting s WHERE s.name ~ '^approval_[A-Z]{3}$');
END
$$;
COMMENT ON FUNCTION tegata.approval_on() IS 'Is there a limit above which a second operator is asked for?';
