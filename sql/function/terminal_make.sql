-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Makes a terminal with an empty prepaid account in each currency on sale.
-- Waits for another session that makes the same address or IMSI.
-- Returns its id, or NULL where address or IMSI belong to another by now.
CREATE OR REPLACE FUNCTION tegata.terminal_make(kind smallint, address text, imsi text, name text,
	language text) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_number bigint := nextval('terminal_number');
	-- Multiplication by 2^32 / golden ratio: neighbours spread over all homes.
	v_home smallint := ((v_number * 2654435769) & 4294967295) >> 26;
	v_id bigint := v_number * 64 + v_home;
BEGIN
	INSERT INTO terminal (terminal_id, home, kind, address, imsi, imsi_bound_at, name, language)
	VALUES (v_id, v_home, terminal_make.kind, terminal_make.address, terminal_make.imsi,
		CASE WHEN terminal_make.imsi IS NOT NULL THEN clock_timestamp() END,
		terminal_make.name, terminal_make.language)
	ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RETURN NULL;
	END IF;
	IF terminal_make.kind = 1 THEN
		INSERT INTO account (home, terminal_id, currency)
		SELECT DISTINCT v_home, v_id, p.currency FROM product p WHERE p.on_sale;
	END IF;
	RETURN v_id;
END
$$;
COMMENT ON FUNCTION tegata.terminal_make(smallint, text, text, text, text) IS 'Makes a terminal and its accounts';
