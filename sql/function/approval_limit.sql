-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- From more than so many minor units on a second operator is asked for.  NULL: in
-- this currency one is enough.  Locks nothing.
CREATE OR REPLACE FUNCTION tegata.approval_limit(currency text) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	RETURN (SELECT s.value::bigint FROM setting s WHERE s.name = 'approval_' || currency
		AND s.name ~ '^approval_[A-Z]{3}$');
END
$$;
COMMENT ON FUNCTION tegata.approval_limit(text) IS 'Above this amount a second operator is asked for';
