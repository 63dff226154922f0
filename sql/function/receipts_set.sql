-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Subscribers switch their receipts on or off.
--
-- Locks: the terminals' rows one after the other, in the order given; one that
-- somebody else has locked is skipped.  Idempotent.
--
-- Outcomes in precedence: again (locked), terminal_unknown (no telephone), ok.
CREATE OR REPLACE FUNCTION tegata.receipts_set(terminal_ids bigint[], receipts boolean[])
RETURNS TABLE (ord int, outcome smallint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off
SET jit = off
AS $$
#variable_conflict use_column
BEGIN
	PERFORM batch_check(cardinality(terminal_ids), cardinality(receipts_set.receipts));
	FOR i IN 1 .. cardinality(terminal_ids) LOOP
		ord := i;
		PERFORM FROM terminal t WHERE t.terminal_id = terminal_ids[i] AND t.kind = 1
		FOR NO KEY UPDATE SKIP LOCKED;
		IF FOUND THEN
			UPDATE terminal t SET receipts = receipts_set.receipts[i] WHERE t.terminal_id = terminal_ids[i];
			outcome := outcome_code('ok');
		ELSE
			outcome := CASE WHEN EXISTS (SELECT FROM terminal t WHERE t.terminal_id = terminal_ids[i]
				AND t.kind = 1) THEN outcome_code('again') ELSE outcome_code('terminal_unknown') END;
		END IF;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION tegata.receipts_set(bigint[], boolean[]) IS 'Subscribers'' own switch for receipts';
