-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Delivery receipts.  A receipt is for the text that had its id last, unless that had
-- its final receipt more than a minute ago, or is not good any more since a day: then,
-- and where the id is not known yet, it is kept, and read when outbox_result names the
-- id.  The first final state of a text stays.
--
-- Locks: the ids in their order, then the messages in theirs, and waits for them.
-- Idempotent.  Outcome: ok.
CREATE OR REPLACE FUNCTION tegata.outbox_receipt(links text[], smsc_ids text[], states int[],
	errors text[])
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
DECLARE
	v_now timestamptz := clock_timestamp();
	v_messages bigint[];
BEGIN
	PERFORM batch_check(cardinality(links), cardinality(smsc_ids), cardinality(states),
		cardinality(errors));
	WITH i AS (
		SELECT DISTINCT ON (i.link, i.smsc_id) i.* FROM unnest(links, smsc_ids, states, errors)
			WITH ORDINALITY AS i(link, smsc_id, state, error, ord)
		-- Of several in one batch the one that says most.
		ORDER BY i.link, i.smsc_id, i.state IN (2, 3, 4, 5, 8) DESC, i.ord DESC
	), r AS (
		INSERT INTO outbox_receipt AS r (link, smsc_id, issue, state, at, error)
		SELECT i.link, i.smsc_id, CASE WHEN n.issue IS NULL THEN 0 WHEN n.is_over THEN n.issue + 1 ELSE n.issue END,
			i.state, v_now, nullif(i.error, '')
		FROM i
		LEFT JOIN LATERAL (SELECT e.issue, CASE WHEN e.message_id IS NULL THEN e.at <= v_now - interval '1 hour'
				WHEN e.state IN (2, 3, 4, 5, 8) THEN e.at <= v_now - interval '1 minute'
				ELSE (SELECT o.valid_until FROM outbox o WHERE o.message_id = e.message_id)
					<= v_now - interval '1 day' END AS is_over
			FROM outbox_receipt e
			WHERE e.link = i.link AND e.smsc_id = i.smsc_id ORDER BY e.issue DESC LIMIT 1) n ON true
		ORDER BY i.link, i.smsc_id
		ON CONFLICT (link, smsc_id, issue) DO UPDATE
		SET state = CASE WHEN r.state IN (2, 3, 4, 5, 8) THEN r.state ELSE excluded.state END,
			error = CASE WHEN r.state IN (2, 3, 4, 5, 8) THEN r.error ELSE excluded.error END,
			at = CASE WHEN r.state IN (2, 3, 4, 5, 8) THEN r.at ELSE excluded.at END
		RETURNING r.message_id
	)
	SELECT array_agg(DISTINCT r.message_id) INTO v_messages FROM r WHERE r.message_id IS NOT NULL;
	IF v_messages IS NOT NULL THEN
		PERFORM FROM outbox o WHERE o.message_id = ANY (v_messages) ORDER BY o.message_id FOR UPDATE;
		PERFORM outbox_told(v_messages, v_now);
	END IF;
	RETURN QUERY SELECT i::int, outcome_code('ok') FROM generate_series(1, cardinality(links)) i;
END
$$;
COMMENT ON FUNCTION tegata.outbox_receipt(text[], text[], int[], text[]) IS 'What the network says about texts that were sent';
