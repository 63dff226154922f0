-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What became of texts that were leased.  ends: 1 sent; 2 tried in vain, again after
-- retries_ms; 3 will never be taken; 4 not known; 5 not tried, again after retries_ms.
-- The SMSC's ids of a text, one a part, stand in smsc_ids, and in id_ords which text
-- they are of.
--
-- What was sent is recorded whoever holds the row now: then it is not sent again.
-- The rest is for the holder to say.  What is to be tried after its validity is dead.
--
-- Locks: the SMSCs' ids in their order, then the messages in theirs, then what is
-- next for their terminals, and waits for them.  Idempotent.
--
-- more: somebody may take a text of one of these terminals now; the same in each row.
--
-- Outcomes in precedence: body_malformed (no such end), not_found (no such message,
-- not holder's any more, or not waiting any more), ok.
CREATE OR REPLACE FUNCTION tegata.outbox_result(holders text[], message_ids bigint[], ends int[],
	retries_ms int[], links text[], errors text[], id_ords int[], smsc_ids text[])
RETURNS TABLE (ord int, outcome smallint, more boolean)
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
	v_lost_max CONSTANT int := 5;
	v_lost_first CONSTANT interval := '10 seconds';
	v_now timestamptz := clock_timestamp();
	v_parts int[] := array_fill(0, ARRAY[cardinality(message_ids)]);
	v_ord int;
	v_outcomes smallint[];
	v_done bigint[];
	v_terminals bigint[];
	v_more boolean;
BEGIN
	PERFORM batch_check(cardinality(holders), cardinality(message_ids), cardinality(ends),
		cardinality(retries_ms), cardinality(links), cardinality(errors));
	FOREACH v_ord IN ARRAY id_ords LOOP
		IF v_ord BETWEEN 1 AND cardinality(v_parts) THEN
			v_parts[v_ord] := v_parts[v_ord] + 1;
		END IF;
	END LOOP;
	INSERT INTO outbox_receipt AS r (link, smsc_id, issue, message_id, part, at)
	SELECT DISTINCT ON (links[p.ord], p.smsc_id) links[p.ord], p.smsc_id,
		CASE WHEN n.issue IS NULL THEN 0
			WHEN n.message_id IS NULL AND n.at > v_now - interval '1 hour' THEN n.issue
			ELSE n.issue + 1 END,
		message_ids[p.ord], p.part, v_now
	FROM (SELECT i.ord, i.smsc_id,
			row_number() OVER (PARTITION BY i.ord ORDER BY i.nth) AS part
		FROM unnest(id_ords, smsc_ids) WITH ORDINALITY AS i(ord, smsc_id, nth)) p
	LEFT JOIN LATERAL (SELECT e.issue, e.message_id, e.at FROM outbox_receipt e
		WHERE e.link = links[p.ord] AND e.smsc_id = p.smsc_id ORDER BY e.issue DESC LIMIT 1) n ON true
	WHERE p.smsc_id <> '' AND (SELECT true FROM outbox o WHERE o.message_id = message_ids[p.ord])
		AND (SELECT true FROM outbox_receipt e WHERE e.message_id = message_ids[p.ord]
			AND e.link = links[p.ord] AND e.smsc_id = p.smsc_id LIMIT 1) IS NULL
	ORDER BY links[p.ord], p.smsc_id, p.ord DESC
	ON CONFLICT (link, smsc_id, issue) DO UPDATE
	SET message_id = excluded.message_id, part = excluded.part, at = excluded.at
	WHERE r.message_id IS NULL;
	PERFORM FROM outbox o WHERE o.message_id = ANY (message_ids) ORDER BY o.message_id FOR UPDATE;

	WITH i AS MATERIALIZED (
		SELECT i.*, row_number() OVER (PARTITION BY i.message_id ORDER BY i."end" <> 1, i.ord) AS nth,
			v_parts[i.ord] AS n_parts, o.at,
			o.message_id IS NOT NULL AND CASE i."end" WHEN 1 THEN o.state IN (0, 3) AND o.sent_at IS NULL
				ELSE o.state = 0 AND o.holder = i.holder END AS counts,
			CASE WHEN i."end" = 1 THEN 1
				WHEN i."end" = 3 OR (i."end" = 2 AND v_now + make_interval(secs => i.retry_ms / 1000.0)
					>= o.valid_until) OR (i."end" = 4 AND (o.lost + 1 >= v_lost_max
					OR v_now + v_lost_first * (1 << o.lost) >= o.valid_until)) THEN 3 ELSE 0 END AS state,
			o.state IN (1, 2) AND i."end" = 1 AS repeated
		FROM unnest(holders, message_ids, ends, retries_ms, links, errors) WITH ORDINALITY
			AS i(holder, message_id, "end", retry_ms, link, error, ord)
		LEFT JOIN LATERAL (SELECT p.ctid AS at, p.message_id, p.state, p.sent_at, p.holder, p.valid_until, p.lost
			FROM outbox p WHERE p.message_id = i.message_id LIMIT 1) o ON true
	), u AS (
		UPDATE outbox o
		SET state = i.state,
			holder = NULL,
			leased_until = NULL,
			lost = o.lost + (i."end" = 4)::int,
			next_at = CASE WHEN i."end" IN (2, 5) THEN v_now + make_interval(secs => i.retry_ms / 1000.0)
				WHEN i."end" = 4 THEN v_now + v_lost_first * (1 << o.lost) ELSE v_now END,
			attempts = o.attempts - CASE WHEN i."end" = 5 THEN 1 ELSE 0 END,
			link = CASE WHEN i."end" = 5 THEN o.link ELSE nullif(i.link, '') END,
			error = CASE i."end" WHEN 1 THEN NULL WHEN 5 THEN o.error
				WHEN 4 THEN concat_ws(': ', 'answer lost', nullif(i.error, '')) ELSE nullif(i.error, '') END,
			parts = CASE WHEN i.state = 1 THEN greatest(i.n_parts, 1) END,
			sent_at = CASE WHEN i.state = 1 THEN v_now END,
			forget_at = v_now + CASE i.state WHEN 1 THEN interval '7 days' WHEN 3 THEN interval '30 days' END
		FROM i
		WHERE i.counts AND i.nth = 1 AND i."end" BETWEEN 1 AND 5 AND o.ctid = i.at
		RETURNING i.ord
	)
	SELECT array_agg(CASE
			WHEN (i."end" BETWEEN 1 AND 5) IS NOT TRUE THEN outcome_code('body_malformed')
			WHEN u.ord IS NOT NULL OR i.repeated THEN outcome_code('ok')
			ELSE outcome_code('not_found') END ORDER BY i.ord)
	INTO v_outcomes
	FROM i LEFT JOIN u ON u.ord = i.ord;

	SELECT array_agg(o.message_id) FILTER (WHERE o.state <> 0), array_agg(o.terminal_id)
	INTO v_done, v_terminals
	FROM unnest(message_ids) AS i(message_id)
	CROSS JOIN LATERAL (SELECT p.message_id, p.terminal_id, p.state FROM outbox p
		WHERE p.message_id = i.message_id LIMIT 1) o;
	IF v_done IS NOT NULL THEN
		PERFORM outbox_told(v_done, v_now);
		PERFORM outbox_wake(v_terminals, v_now);
	END IF;
	v_more := EXISTS (SELECT FROM unnest(v_terminals) AS t(terminal_id)
		CROSS JOIN LATERAL (SELECT p.next_at FROM outbox p
			WHERE p.terminal_id = t.terminal_id AND p.state = 0 AND p.kind = 1
			ORDER BY p.message_id + 0 LIMIT 1) h
		WHERE h.next_at <= v_now);
	RETURN QUERY
	SELECT i.ord::int, i.outcome, v_more FROM unnest(v_outcomes) WITH ORDINALITY AS i(outcome, ord)
	ORDER BY i.ord;
END
$$;
COMMENT ON FUNCTION tegata.outbox_result(text[], bigint[], int[], int[], text[], text[], int[], text[])
	IS 'What became of texts that were tried to be sent';
