-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The lowest number that a text written since then can have: texts are numbered in the
-- order in which they are written, to the accuracy of a transaction, for which a minute
-- is left.  Halves the range, some forty look-ups by the key; locks nothing.
CREATE OR REPLACE FUNCTION tegata.outbox_first(at timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
DECLARE
	v_low bigint := coalesce((SELECT min(o.message_id) FROM outbox o), 1);
	v_high bigint := coalesce((SELECT max(o.message_id) FROM outbox o), 0) + 1;
	v_middle bigint;
	v_there record;
BEGIN
	WHILE v_low < v_high LOOP
		v_middle := v_low + (v_high - v_low) / 2;
		SELECT o.message_id, o.created_at INTO v_there FROM outbox o
		WHERE o.message_id >= v_middle AND o.message_id < v_high ORDER BY o.message_id LIMIT 1;
		IF v_there.message_id IS NULL OR v_there.created_at >= outbox_first.at - interval '1 minute' THEN
			v_high := v_middle;
		ELSE
			v_low := v_there.message_id + 1;
		END IF;
	END LOOP;
	RETURN v_low;
END
$$;
COMMENT ON FUNCTION tegata.outbox_first(timestamptz) IS 'The lowest number that a text written since then can have';
