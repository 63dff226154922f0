-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A value id as people write it, blanks and hyphens among its 20 digits, as the
-- number that the tables have.  What is none, a wrong check digit too, is an error
-- (22023), so that nobody takes a mistyped id for a value without a history.
CREATE OR REPLACE FUNCTION tegata.value_id_parse(value text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, tegata, pg_temp
AS $$
DECLARE
	v_digits text := translate(value, ' -', '');
	v_id bigint;
BEGIN
	IF v_digits ~ '^[0-9]{20}$' AND left(v_digits, 19)::numeric <= 9223372036854775807 THEN
		v_id := left(v_digits, 19)::bigint;
	END IF;
	IF v_id IS NULL OR value_id_text(v_id) <> v_digits THEN
		RAISE EXCEPTION '"%" is not a value id', value USING ERRCODE = 'invalid_parameter_value';
	END IF;
	RETURN v_id;
END
$$;
COMMENT ON FUNCTION tegata.value_id_parse(text) IS 'The number of a value id that people wrote';
