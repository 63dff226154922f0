-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A piece of the list of the seal that the same transaction adds.
--
-- Locks nothing; another sealer's piece of the same number raises 23505.
CREATE OR REPLACE FUNCTION tegata.seal_list_add(number bigint, chunk int, entries bytea) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
BEGIN ATOMIC
	INSERT INTO tegata.seal_list (number, chunk, entries) VALUES (number, chunk, entries);
END;
COMMENT ON FUNCTION tegata.seal_list_add(bigint, int, bytea) IS 'A piece of a seal''s list';
