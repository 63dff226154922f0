-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- A code that no question of this terminal has: four characters that are not taken
-- for one another, from 279,841 such.  They come from 56 strong random bits of a
-- UUID of version 4 (RFC 9562 section 5.4: the last 62 are all random).  Locks
-- nothing; the key of table question tells of a race.
CREATE OR REPLACE FUNCTION tegata.question_code_draw(terminal_id bigint) RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
DECLARE
	c_alphabet CONSTANT text := '34679ACDEFGHJKMNPQRTWXY';
	v_bits bigint;
	v_code text;
BEGIN
	LOOP
		v_bits := ('x' || right(replace(gen_random_uuid()::text, '-', ''), 14))::bit(56)::bigint;
		v_code := '';
		FOR i IN 1 .. 4 LOOP
			v_code := v_code || substr(c_alphabet, (v_bits % length(c_alphabet))::int + 1, 1);
			v_bits := v_bits / length(c_alphabet);
		END LOOP;
		EXIT WHEN NOT EXISTS (SELECT FROM question q
			WHERE q.terminal_id = question_code_draw.terminal_id AND q.code = v_code);
	END LOOP;
	RETURN v_code;
END
$$;
COMMENT ON FUNCTION tegata.question_code_draw(bigint) IS 'A code for a question of this terminal';
