-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A value id as people know it: 19 digits and a Luhn check digit (ISO/IEC
-- 7812-1 annex B), as lib/value_id.c writes it.  The digit in front of the
-- check digit is doubled, then every second one to the left.
CREATE OR REPLACE FUNCTION tegata.value_id_text(value_id bigint) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
	SELECT lpad(value_id::text, 19, '0') || (SELECT (10 - sum(CASE WHEN place % 2 = 1
			THEN 2 * digit - CASE WHEN digit > 4 THEN 9 ELSE 0 END ELSE digit END) % 10) % 10
		FROM (SELECT place, substr(lpad(value_id::text, 19, '0'), place, 1)::int AS digit
			FROM generate_series(1, 19) place) d)
$$;
COMMENT ON FUNCTION tegata.value_id_text(bigint) IS 'The 20 digits that people read and type';
