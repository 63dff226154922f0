-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Makes the monthly partitions of value, journal and charge from this month
-- until days_ahead (1 to 400, else 22023 is raised) days from now.  Idempotent; to
-- be called every day.
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
	v_last timestamp;
	v_parent text;
	v_child text;
BEGIN
	IF (days_ahead BETWEEN 1 AND 400) IS NOT TRUE THEN
		RAISE EXCEPTION 'days_ahead must be 1 to 400' USING ERRCODE = 'invalid_parameter_value';
	END IF;
	v_last := clock_timestamp() AT TIME ZONE 'UTC' + make_interval(days => days_ahead);
	PERFORM FROM setting s WHERE s.name = 'partitions' FOR UPDATE;
	WHILE v_month <= v_last LOOP
		FOREACH v_parent IN ARRAY ARRAY['value', 'journal', 'charge'] LOOP
			v_child := v_parent || to_char(v_month, '_YYYY_MM');
			IF to_regclass('tegata.' || v_child) IS NULL THEN
				PERFORM partition_make(v_parent, v_child,
					value_id_day(v_month AT TIME ZONE 'UTC') << 48,
					value_id_day((v_month + interval '1 month') AT TIME ZONE 'UTC') << 48);
			END IF;
		END LOOP;
		v_month := v_month + interval '1 month';
	END LOOP;
	PERFORM partition_forget_empty();
END
$$;
COMMENT ON FUNCTION tegata.partition_ensure(int) IS 'Makes the monthly partitions that are coming';
