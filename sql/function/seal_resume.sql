-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Behind which seal does what was published go on?  The seal itself where it is
-- in the chain; where a later epoch says that it was lost, the last seal before
-- that epoch.  NULL: it is gone, and nobody has said so.
--
-- Locks nothing.
CREATE OR REPLACE FUNCTION tegata.seal_resume(number bigint, hash bytea) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN coalesce(
		(SELECT s.number FROM seal s
			WHERE s.number = seal_resume.number AND s.hash = seal_resume.hash),
		(SELECT min(s.number) - 1 FROM seal s
			WHERE s.lost_number = seal_resume.number AND s.lost_hash = seal_resume.hash));
END
$$;
COMMENT ON FUNCTION tegata.seal_resume(bigint, bytea) IS 'Behind which seal what was published goes on';
