-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Part of value_expire: works off the queue.  Returns how many left it.
CREATE OR REPLACE FUNCTION tegata.value_expire_batch(max_rows int) RETURNS int
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
AS $$
DECLARE
	v_homes smallint[];
	v_ids bigint[];
	v_locked bigint[] := '{}';
	v_id bigint;
	v_now timestamptz;
	v_n int;
BEGIN
	SELECT array_agg(d.home), array_agg(d.value_id) INTO v_homes, v_ids
	FROM (SELECT * FROM expiry_due d ORDER BY d.home, d.value_id LIMIT max_rows) d;
	IF v_ids IS NULL THEN
		RETURN 0;
	END IF;
	FOR v_id IN
		SELECT v.value_id FROM unnest(v_homes, v_ids) AS i(home, value_id)
		JOIN value v ON v.home = i.home AND v.value_id = i.value_id
		ORDER BY v.home, v.value_id FOR UPDATE OF v SKIP LOCKED
	LOOP
		v_locked := v_locked || v_id;
	END LOOP;
	v_now := clock_timestamp();
	WITH moved AS (
		UPDATE value v SET state = value_state_code('expired'), version = v.version + 1
		FROM unnest(v_locked) AS i(value_id)
		WHERE v.home = ((i.value_id >> 42) & 63)::smallint AND v.value_id = i.value_id
			AND v.state = 1 AND v.expires_at <= v_now
		RETURNING v.value_id, v.owner_id, v.home, v.version, v.state
	)
	INSERT INTO journal (value_id, owner_id, at, version, home, operation, state)
	SELECT m.value_id, m.owner_id, v_now, m.version, m.home, operation_code('lapse'), m.state FROM moved m;
	DELETE FROM expiry_due d USING unnest(v_homes, v_ids) AS i(home, value_id)
	WHERE d.home = i.home AND d.value_id = i.value_id
		AND (i.value_id = ANY (v_locked) OR NOT EXISTS (SELECT FROM value v
			WHERE v.home = i.home AND v.value_id = i.value_id));
	GET DIAGNOSTICS v_n = ROW_COUNT;
	RETURN v_n;
END
$$;
COMMENT ON FUNCTION tegata.value_expire_batch(int) IS 'Works off a part of the queue of expired values';
