-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- An id of the form of a value id, for a movement of money without a value:
-- the day now, the terminal's home, 42 random bits of PostgreSQL's
-- cryptographically strong source.
CREATE OR REPLACE FUNCTION tegata.movement_id_draw(terminal_id bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	RETURN (value_id_day(clock_timestamp()) << 48) | ((terminal_id & 63) << 42)
		-- The last 48 bits of a version 4 UUID are all random (RFC 9562 section 5.4).
		| (('x' || right(replace(gen_random_uuid()::text, '-', ''), 12))::bit(48)::bigint >> 6);
END
$$;
COMMENT ON FUNCTION tegata.movement_id_draw(bigint) IS 'Draws an id for a movement without a value';
