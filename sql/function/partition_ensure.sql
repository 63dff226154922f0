-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Makes the monthly partitions of value, journal and charge from this month
-- until days_ahead days from now.  Idempotent; to be called every day.
--
-- Locks: the row "partitions" of setting, so that two callers do not make the
-- same table; then, for a month that is missing, each parent (SHARE UPDATE
-- EXCLUSIVE: reading and writing go on) and its DEFAULT partition (ACCESS
-- EXCLUSIVE, for as long as it takes to move what it has of that month).
CREATE OR REPLACE FUNCTION tegata.partition_ensure(days_ahead int) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
DECLARE
	v_month timestamp := date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC');
	v_last timestamp := clock_timestamp() AT TIME ZONE 'UTC' + make_interval(days => days_ahead);
	v_parent text;
	v_child text;
	v_key text;
	v_from bigint;
	v_to bigint;
BEGIN
	PERFORM FROM setting s WHERE s.name = 'partitions' FOR UPDATE;
	WHILE v_month <= v_last LOOP
		v_from := value_id_day(v_month AT TIME ZONE 'UTC') << 48;
		v_to := value_id_day((v_month + interval '1 month') AT TIME ZONE 'UTC') << 48;
		FOREACH v_parent IN ARRAY ARRAY['value', 'journal', 'charge'] LOOP
			v_child := v_parent || to_char(v_month, '_YYYY_MM');
			CONTINUE WHEN to_regclass('tegata.' || v_child) IS NOT NULL;
			v_key := CASE v_parent WHEN 'charge' THEN 'cause_id' ELSE 'value_id' END;
			-- Filled and attached, not made in place: that would lock out everybody.
			EXECUTE format('CREATE TABLE tegata.%I (LIKE tegata.%I INCLUDING ALL)', v_child, v_parent);
			EXECUTE format('COMMENT ON TABLE tegata.%I IS %L', v_child,
				to_char(v_month, 'YYYY-MM') || ' of ' || v_parent);
			EXECUTE format('LOCK TABLE tegata.%I IN ACCESS EXCLUSIVE MODE', v_parent || '_default');
			EXECUTE format('WITH moved AS (DELETE FROM tegata.%I WHERE %I >= %L AND %I < %L RETURNING *)
				INSERT INTO tegata.%I SELECT * FROM moved',
				v_parent || '_default', v_key, v_from, v_key, v_to, v_child);
			EXECUTE format('ALTER TABLE tegata.%I ATTACH PARTITION tegata.%I FOR VALUES FROM (%L) TO (%L)',
				v_parent, v_child, v_from, v_to);
		END LOOP;
		v_month := v_month + interval '1 month';
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.partition_ensure(int) IS 'Makes the monthly partitions that are coming';
