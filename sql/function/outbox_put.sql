-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Writes what is to be sent to terminals, or to numbers that are none's, and that
-- what it answers was taken, in one transaction.
--
-- identities: the text that is answered, 16 octets; NULL: none.  request_ids: an
-- operation of this terminal, whose receipt is the message; question_ids: the
-- question that is put; NULL: texts, and where that is empty too no message at all.
-- valids_s: 0 or NULL: as setting receipts_hours says.
--
-- leases_ms: who writes it sends it: it is leased to holder for so long, and its try
-- is counted, as outbox_take would; 0 or NULL: it waits for who takes it.  A text with
-- another one of its terminal before it waits too.  lease says what became of that:
-- 0 it waits, or was sent; 1 it is leased now; 2 it was leased to holder before, who
-- alone knows whether he has it.  With 1 and 2 comes what the sender needs.
--
-- Locks nothing that is there but a receipt that it leases, skipping one that somebody
-- else has locked; waits for another session that writes the same.  Two sessions that
-- write for one terminal at the same moment do not see each other's: such texts have
-- no order.
--
-- Idempotency: once an identity in ten minutes, once a request, once a question; a
-- repeat gets the first message with repeated = true.
--
-- Outcomes in precedence:
--   ok                 the identity is known
--   terminal_unknown   neither a terminal nor a number, and a text
--   body_malformed     nothing that could be a cause, or a text that is too long
--   not_found          no such operation was completed
--   ok
CREATE OR REPLACE FUNCTION tegata.outbox_put(identities bytea[], terminal_ids bigint[],
	addresses text[], request_ids uuid[], question_ids bigint[], texts text[], valids_s int[],
	holder text DEFAULT NULL, leases_ms int[] DEFAULT NULL)
RETURNS TABLE (ord int, outcome smallint, repeated boolean, message_id bigint, lease smallint,
	terminal_id bigint, address text, imsi text, language text, attempts int,
	created_at timestamptz, valid_until timestamptz, text text, text_key text, value_id bigint,
	amount bigint, fee bigint, currency text, expires_at timestamptz, at timestamptz, peer text,
	peer_name text)
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
	v_until timestamptz;
	v_leases_ms int[] := coalesce(leases_ms, array_fill(0, ARRAY[cardinality(identities)]));
	v_outcomes smallint[];
	v_ids bigint[];
	v_repeated boolean[] := array_fill(false, ARRAY[cardinality(identities)]);
	v_taken bytea[];
	v_receipts bigint[] := '{}';
	v_there record;
BEGIN
	PERFORM batch_check(cardinality(identities), cardinality(terminal_ids),
		cardinality(addresses), cardinality(request_ids), cardinality(question_ids),
		cardinality(texts), cardinality(valids_s), cardinality(v_leases_ms));
	v_until := receipt_until(v_now);

	-- Texts have their numbers before they are written, so that who answers whom is written once.
	SELECT array_agg(i.outcome ORDER BY i.ord),
		array_agg(CASE WHEN i.is_text AND i.outcome = 0 THEN nextval('outbox_message_id_seq') END ORDER BY i.ord)
	INTO v_outcomes, v_ids
	FROM (SELECT u.ord, u.is_text, CASE
			WHEN NOT u.is_text THEN outcome_code('ok')
			WHEN u.terminal_id = 0 AND (u.address ~ '^[1-9][0-9]{6,14}$') IS NOT TRUE
				OR u.terminal_id <> 0 AND (SELECT true FROM terminal t WHERE t.terminal_id = u.terminal_id
					AND t.kind = 1) IS NULL THEN outcome_code('terminal_unknown')
			WHEN u.identity IS NULL AND u.question_id IS NULL
				OR octet_length(u.text) > 4095 THEN outcome_code('body_malformed')
			ELSE outcome_code('ok') END AS outcome
		FROM (SELECT n.ord, n.identity, coalesce(n.terminal_id, 0) AS terminal_id, n.address, n.question_id, n.text,
				n.request_id IS NULL AND coalesce(n.text, '') <> '' AS is_text
			FROM unnest(identities, terminal_ids, addresses, request_ids, question_ids, texts) WITH ORDINALITY
				AS n(identity, terminal_id, address, request_id, question_id, text, ord)) u
		ORDER BY u.ord) i;

	-- Who comes second waits here, and finds the first one's row.
	WITH taken AS (
		INSERT INTO sms_command AS c (identity, at, terminal_id, message_id)
		SELECT DISTINCT ON (i.identity) i.identity, v_now, nullif(i.terminal_id, 0), v_ids[i.ord]
		FROM unnest(identities, terminal_ids) WITH ORDINALITY AS i(identity, terminal_id, ord)
		WHERE i.identity IS NOT NULL AND v_outcomes[i.ord] = 0
		ORDER BY i.identity, i.ord
		ON CONFLICT (identity) DO UPDATE
		SET at = excluded.at, terminal_id = excluded.terminal_id, message_id = excluded.message_id
		WHERE c.at <= v_now - interval '10 minutes'
		RETURNING c.identity
	)
	SELECT coalesce(array_agg(t.identity), '{}') INTO v_taken FROM taken t;
	-- What was not taken now is a repeat: of a text of before, or of another of this batch.
	IF cardinality(v_taken) < cardinality(array_remove(identities, NULL)) THEN
		SELECT array_agg(i.identity IS NOT NULL AND i.known ORDER BY i.ord)
		INTO v_repeated
		FROM (SELECT n.identity, n.ord, CASE
				WHEN v_outcomes[n.ord] = 0 THEN NOT (n.identity = ANY (v_taken)) OR n.nth > 1
				ELSE (SELECT true FROM sms_command c WHERE c.identity = n.identity
					AND c.at > v_now - interval '10 minutes') IS NOT NULL END AS known
			FROM (SELECT u.*, row_number() OVER (PARTITION BY u.identity, v_outcomes[u.ord] = 0 ORDER BY u.ord) AS nth
				FROM unnest(identities) WITH ORDINALITY AS u(identity, ord)) n) i;
	END IF;

	INSERT INTO outbox AS o (message_id, cause, identity, question_id, terminal_id, address, created_at,
		next_at, home, kind, text, valid_until, holder, leased_until, attempts)
	OVERRIDING SYSTEM VALUE
	SELECT i.message_id, CASE WHEN i.identity IS NULL THEN 2 ELSE 3 END, i.identity, i.question_id, i.terminal_id,
		CASE WHEN i.terminal_id IS NULL THEN i.address END, v_now, coalesce(i.leased_until, v_now),
		coalesce(i.terminal_id & 63, 0), 1, i.text,
		coalesce(v_now + make_interval(secs => nullif(i.valid_s, 0)), v_until),
		CASE WHEN i.leased_until IS NOT NULL THEN outbox_put.holder END, i.leased_until,
		CASE WHEN i.leased_until IS NULL THEN 0 ELSE 1 END
	FROM (SELECT n.*, CASE WHEN n.lease_ms > 0 AND n.nth = 1 AND (SELECT true FROM outbox p
				WHERE p.terminal_id = n.terminal_id AND p.state = 0 AND p.kind = 1 LIMIT 1) IS NULL
			THEN v_now + make_interval(secs => least(n.lease_ms, 600000) / 1000.0) END AS leased_until
		FROM (SELECT v_ids[u.ord] AS message_id, u.identity, u.question_id, nullif(u.terminal_id, 0) AS terminal_id,
				u.address, u.text, u.valid_s, u.lease_ms, u.ord,
				row_number() OVER (PARTITION BY coalesce(u.terminal_id, 0),
					CASE WHEN coalesce(u.terminal_id, 0) = 0 THEN u.address END ORDER BY u.ord) AS nth
			FROM unnest(identities, terminal_ids, addresses, question_ids, texts, valids_s, v_leases_ms) WITH ORDINALITY
				AS u(identity, terminal_id, address, question_id, text, valid_s, lease_ms, ord)
			WHERE v_ids[u.ord] IS NOT NULL AND NOT v_repeated[u.ord]) n
		ORDER BY n.ord) i
	ON CONFLICT DO NOTHING;

	FOR i IN 1 .. cardinality(identities) LOOP
		IF v_repeated[i] THEN
			v_outcomes[i] := 0;
			v_ids[i] := (SELECT c.message_id FROM sms_command c WHERE c.identity = identities[i]);
		ELSIF request_ids[i] IS NOT NULL THEN
			SELECT o.message_id, o.repeated INTO v_there
			FROM outbox_of_request(nullif(terminal_ids[i], 0), request_ids[i]) o;
			IF FOUND THEN
				v_ids[i] := v_there.message_id;
				v_repeated[i] := v_there.repeated;
				UPDATE sms_command c SET message_id = v_ids[i] WHERE c.identity = identities[i];
				IF v_leases_ms[i] > 0 THEN
					v_receipts := v_receipts || v_ids[i];
				END IF;
			ELSE
				-- Of what was refused nothing is taken: it may be answered in other words.
				v_outcomes[i] := outcome_code('not_found');
				DELETE FROM sms_command c WHERE c.identity = identities[i];
			END IF;
		ELSIF identities[i] IS NULL AND v_ids[i] IS NOT NULL THEN
			SELECT o.message_id INTO v_there
			FROM outbox o WHERE o.question_id = question_ids[i] AND o.cause = 2;
			v_repeated[i] := v_there.message_id <> v_ids[i];
			v_ids[i] := v_there.message_id;
		END IF;
	END LOOP;

	IF v_receipts <> '{}' THEN
		v_receipts := ARRAY(SELECT o.message_id FROM outbox o WHERE o.message_id = ANY (v_receipts)
			ORDER BY o.message_id FOR UPDATE SKIP LOCKED);
		UPDATE outbox o SET holder = outbox_put.holder, leased_until = h.leased_until,
			next_at = h.leased_until, attempts = o.attempts + 1
		FROM (SELECT DISTINCT ON (p.at) p.at,
				v_now + make_interval(secs => least(i.lease_ms, 600000) / 1000.0) AS leased_until
			FROM unnest(v_ids, v_leases_ms) AS i(message_id, lease_ms)
			CROSS JOIN LATERAL (SELECT w.ctid AS at, w.state, w.holder, w.attempts, w.next_at, w.terminal_id FROM outbox w
				WHERE w.message_id = i.message_id LIMIT 1) p
			WHERE i.message_id = ANY (v_receipts) AND p.state = 0 AND p.holder IS NULL AND p.attempts = 0
				AND p.next_at <= v_now AND (SELECT true FROM outbox f WHERE f.terminal_id = p.terminal_id
					AND f.state = 0 AND f.kind = 1 AND f.message_id + 0 < i.message_id LIMIT 1) IS NULL) h
		WHERE o.ctid = h.at;
	END IF;

	RETURN QUERY
	SELECT i.ord::int, i.outcome, i.repeated, CASE i.outcome WHEN 0 THEN i.message_id END,
		CASE WHEN m.message_id IS NULL THEN 0 WHEN m.leased_until = i.leased_until AND i.nth = 1 THEN 1
			ELSE 2 END::smallint, m.terminal_id, coalesce(t.address, m.address), t.imsi, t.language,
		m.attempts, m.created_at, m.valid_until, m.text, m.text_key,
		(m.arguments->>'value_id')::bigint, (m.arguments->>'amount')::bigint,
		(m.arguments->>'fee')::bigint, m.arguments->>'currency',
		to_timestamp((m.arguments->>'expires_at')::bigint), to_timestamp((m.arguments->>'at')::bigint),
		coalesce(m.arguments->>'from', m.arguments->>'to'), m.arguments->>'name'
	FROM (SELECT u.*, v_now + make_interval(secs => least(u.lease_ms, 600000) / 1000.0) AS leased_until,
			row_number() OVER (PARTITION BY u.message_id ORDER BY u.ord) AS nth
		FROM unnest(v_outcomes, v_repeated, v_ids, v_leases_ms) WITH ORDINALITY
			AS u(outcome, repeated, message_id, lease_ms, ord)) i
	LEFT JOIN LATERAL (SELECT o.* FROM outbox o WHERE o.message_id = i.message_id LIMIT 1) m
		ON i.lease_ms > 0 AND m.state = 0 AND m.holder = outbox_put.holder AND m.leased_until > v_now
	LEFT JOIN LATERAL (SELECT n.address, n.imsi, n.language FROM terminal n
		WHERE n.terminal_id = m.terminal_id LIMIT 1) t ON true
	ORDER BY i.ord;
END
$$;
COMMENT ON FUNCTION tegata.outbox_put(bytea[], bigint[], text[], uuid[], bigint[], text[], int[], text, int[])
	IS 'Texts to terminals, each once for what it answers';
