-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A batch that wrote fewer or more rows than it decided to would leave the books
-- broken: it is raised, and nothing has happened.  That never occurs unless
-- somebody else writes by other ways (a trigger, say).
CREATE OR REPLACE FUNCTION tegata.batch_wrote(wrote bigint, meant bigint) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF wrote <> meant THEN
		RAISE EXCEPTION 'a batch wrote % rows where it meant %', wrote, meant
			USING ERRCODE = 'data_corrupted';
	END IF;
	RETURN true;
END
$$;
COMMENT ON FUNCTION tegata.batch_wrote(bigint, bigint) IS 'Raises where a batch did not write what it decided';
