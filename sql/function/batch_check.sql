-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A batch whose arrays differ in length is the caller's fault, not a request's:
-- it is raised.
CREATE OR REPLACE FUNCTION tegata.batch_check(VARIADIC lengths int[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT lengths[1] = ALL (lengths) OR array_position(lengths, NULL) IS NOT NULL THEN
		RAISE EXCEPTION 'a batch''s arrays must be of one length: %', lengths
			USING ERRCODE = 'invalid_parameter_value';
	END IF;
END
$$;
COMMENT ON FUNCTION tegata.batch_check(int[]) IS 'Raises where the arrays of a batch differ in length';
