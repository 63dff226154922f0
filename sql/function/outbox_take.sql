-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Leases at most max texts that are due to holder for ttl_ms, and counts the try: of
-- each terminal its oldest one that waits, so that they arrive in order.  What came
-- to the end of its validity dies.
--
-- Answers a row a text, in the order in which they became due, and at last one
-- without message_id whose wait_ms says when the next will be due (NULL: none waits).
--
-- Locks: a window of what is due, skipping what somebody else has locked: several
-- managers share the work.  Texts behind another one of their terminal are put off
-- until that one's time, so that they are not looked at each time; outbox_wake
-- undoes it.
CREATE OR REPLACE FUNCTION tegata.outbox_take(holder text, max int, ttl_ms int)
RETURNS TABLE (message_id bigint, terminal_id bigint, address text, imsi text, language text,
	attempts int, created_at timestamptz, valid_until timestamptz, text text, text_key text,
	value_id bigint, amount bigint, fee bigint, currency text, expires_at timestamptz,
	at timestamptz, peer text, peer_name text, wait_ms bigint)
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
	v_until timestamptz := v_now + make_interval(secs => greatest(1000, least(ttl_ms, 600000)) / 1000.0);
	v_max int := greatest(0, least(max, 1000));
	v_due bigint[];
	v_heads bigint[];
	v_dead bigint[];
BEGIN
	v_due := ARRAY(SELECT o.message_id FROM outbox o
		WHERE o.state = 0 AND o.kind = 1 AND o.next_at <= v_now
		ORDER BY o.next_at LIMIT 4 * v_max FOR UPDATE SKIP LOCKED);
	IF cardinality(v_due) > 0 THEN
		WITH gone AS (
			UPDATE outbox o SET state = 3, holder = NULL, leased_until = NULL,
				error = coalesce('validity ended: ' || o.error, 'validity ended'),
				forget_at = v_now + interval '30 days'
			WHERE o.message_id = ANY (v_due) AND o.valid_until <= v_now
			RETURNING o.terminal_id
		)
		SELECT array_agg(g.terminal_id) INTO v_dead FROM gone g;
		IF v_dead IS NOT NULL THEN
			PERFORM outbox_wake(v_dead, v_now);
		END IF;
		v_heads := ARRAY(SELECT o.message_id
			FROM unnest(v_due) WITH ORDINALITY AS i(message_id, ord)
			CROSS JOIN LATERAL (SELECT p.message_id, p.terminal_id, p.state FROM outbox p
				WHERE p.message_id = i.message_id LIMIT 1) o
			WHERE o.state = 0 AND (SELECT true FROM outbox p WHERE p.terminal_id = o.terminal_id
				AND p.state = 0 AND p.kind = 1 AND p.message_id + 0 < o.message_id LIMIT 1) IS NULL
			ORDER BY i.ord LIMIT v_max);
		UPDATE outbox o SET next_at = CASE WHEN h.holder IS NULL THEN
				greatest(h.next_at, v_now + interval '2 seconds') ELSE v_now + interval '2 seconds' END
		FROM (SELECT b.at, f.holder, f.next_at
			FROM unnest(v_due) AS i(message_id)
			CROSS JOIN LATERAL (SELECT p.ctid AS at, p.message_id, p.terminal_id, p.state
				FROM outbox p WHERE p.message_id = i.message_id LIMIT 1) b
			CROSS JOIN LATERAL (SELECT p.message_id, p.holder, p.next_at FROM outbox p
				WHERE p.terminal_id = b.terminal_id AND p.state = 0 AND p.kind = 1
				ORDER BY p.message_id + 0 LIMIT 1) f
			WHERE b.state = 0 AND f.message_id < b.message_id) h
		WHERE o.ctid = h.at;
	END IF;

	RETURN QUERY
	WITH mine AS (
		UPDATE outbox o SET holder = outbox_take.holder, leased_until = v_until, next_at = v_until,
			attempts = o.attempts + 1
		FROM (SELECT h.at, u.ord
			FROM unnest(v_heads) WITH ORDINALITY AS u(message_id, ord)
			CROSS JOIN LATERAL (SELECT p.ctid AS at FROM outbox p
				WHERE p.message_id = u.message_id LIMIT 1) h) i
		WHERE o.ctid = i.at
		RETURNING o.*, i.ord
	)
	SELECT m.message_id, m.terminal_id, coalesce(t.address, m.address), t.imsi, t.language,
		m.attempts, m.created_at, m.valid_until, m.text, m.text_key,
		(m.arguments->>'value_id')::bigint, (m.arguments->>'amount')::bigint,
		(m.arguments->>'fee')::bigint, m.arguments->>'currency',
		to_timestamp((m.arguments->>'expires_at')::bigint), to_timestamp((m.arguments->>'at')::bigint),
		coalesce(m.arguments->>'from', m.arguments->>'to'), m.arguments->>'name', NULL::bigint
	FROM mine m
	LEFT JOIN LATERAL (SELECT n.address, n.imsi, n.language FROM terminal n
		WHERE n.terminal_id = m.terminal_id LIMIT 1) t ON true
	ORDER BY m.ord;

	RETURN QUERY
	SELECT NULL::bigint, NULL::bigint, NULL::text, NULL::text, NULL::text, NULL::int,
		NULL::timestamptz, NULL::timestamptz, NULL::text, NULL::text, NULL::bigint, NULL::bigint,
		NULL::bigint, NULL::text, NULL::timestamptz, NULL::timestamptz, NULL::text, NULL::text,
		(SELECT greatest(0, ceil(1000 * extract(epoch FROM o.next_at - clock_timestamp())))::bigint
		FROM outbox o WHERE o.state = 0 AND o.kind = 1 AND o.next_at IS NOT NULL ORDER BY o.next_at LIMIT 1);
END
$$;
COMMENT ON FUNCTION tegata.outbox_take(text, int, int) IS 'Leases texts that are due, in order for each terminal';
