-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Makes one partition, and moves what the DEFAULT partition has of its range.
-- It is filled and then attached: making it in place would lock out everybody.
-- Locks as partition_ensure says.
CREATE OR REPLACE FUNCTION tegata.partition_make(parent text, child text, from_id bigint,
	to_id bigint) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
DECLARE
	v_key text := CASE parent WHEN 'charge' THEN 'cause_id' ELSE 'value_id' END;
BEGIN
	EXECUTE format('CREATE TABLE tegata.%I (LIKE tegata.%I INCLUDING ALL)', child, parent);
	EXECUTE format('COMMENT ON TABLE tegata.%I IS %L', child, 'A month of ' || parent);
	EXECUTE format('LOCK TABLE tegata.%I IN ACCESS EXCLUSIVE MODE', parent || '_default');
	EXECUTE format('WITH moved AS (DELETE FROM tegata.%I WHERE %I >= %L AND %I < %L RETURNING *)
		INSERT INTO tegata.%I SELECT * FROM moved',
		parent || '_default', v_key, from_id, v_key, to_id, child);
	EXECUTE format('ALTER TABLE tegata.%I ATTACH PARTITION tegata.%I FOR VALUES FROM (%L) TO (%L)',
		parent, child, from_id, to_id);
END
$$;
COMMENT ON FUNCTION tegata.partition_make(text, text, bigint, bigint) IS 'Makes one partition';
