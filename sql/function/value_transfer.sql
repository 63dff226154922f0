-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Records that value changed hands (claim 25: fifth information is stored for
-- third information).  A value that reaches a shop stays active.
--
-- Locks: the values that their askers own, skipping those that somebody else has
-- locked, so that their order means nothing; then, of products that limit what may
-- be held, the transferees' accounts in the same way.  Who does not own a value
-- cannot lock it.  What a locked value says is what is decided on and written:
-- nobody else can change it, and its place (tid) stays.  Should less be written
-- than that, the batch is raised as corrupt data (XX001).
--
-- Idempotency: (terminal, request id).  A repeat gets the first answer with
-- repeated = true.  Every outcome is stored with the request, except those that
-- a repeat may change: again, maintenance, repeat_suspected.
--
-- Outcomes in precedence:
--   the first answer | request_conflict (same id, other arguments)
--   maintenance
--   again                 the same request id, or the same value by the same
--                         terminal, twice in one batch: the second
--   terminal_unknown | terminal_blocked | terminal_quarantined | terminal_retired
--   repeat_suspected      this value went to this transferee within guard_s.
--                         Before not_owner: who lost the answer reads that it is
--                         done, not that the value is a stranger's
--   not_owner             the same whether the value exists or not
--   again                 the value is locked
--   value_expired | value_state
--   transferee_unknown | transferee_blocked | transferee_self
--   again                 the transferee's account is locked
--   held_exceeded         a portable transferee would hold too much
--   ok
--
-- Where another session inserts the same request id at this moment,
-- unique_violation (23505) is raised and nothing has happened: the caller
-- replays the batch by ones.
CREATE OR REPLACE FUNCTION tegata.value_transfer(request_ids uuid[], terminal_ids bigint[],
	value_ids bigint[], transferee_ids bigint[], transferees text[], refs text[],
	guards_s int[], links text[])
RETURNS TABLE (ord int, outcome smallint, repeated boolean, value_id bigint, amount bigint,
	currency text, expires_at timestamptz, at timestamptz, transferee_id bigint,
	transferee text, transferee_name text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_material = off
SET enable_memoize = off
SET enable_tidscan = on
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	v_n int := cardinality(request_ids);
	v_first bigint := value_ids[1];
	v_tid tid[];
	v_version int[];
	v_product smallint[];
	v_state smallint[];
	v_amount bigint[];
	v_currency text[];
	v_expires timestamptz[];
	v_second boolean[] := array_fill(false, ARRAY[v_n]);
	v_twice boolean := false;
	v_held smallint[];
	v_held_locked bigint[];
	v_xact bigint;
	v_now timestamptz;
	v_maintenance boolean;
	v_outbox boolean;
BEGIN
	IF (v_n = cardinality(terminal_ids) AND v_n = cardinality(value_ids)
		AND v_n = cardinality(transferee_ids) AND v_n = cardinality(transferees)
		AND v_n = cardinality(refs) AND v_n = cardinality(guards_s)
		AND v_n = cardinality(links)) IS NOT TRUE
	THEN
		PERFORM batch_check(v_n, cardinality(terminal_ids), cardinality(value_ids),
			cardinality(transferee_ids), cardinality(transferees), cardinality(refs),
			cardinality(guards_s), cardinality(links));
	END IF;
	IF v_n > 1 THEN
		SELECT min(i.value_id), count(DISTINCT i.value_id) < v_n OR count(DISTINCT i.request_id) < v_n
		INTO v_first, v_twice
		FROM unnest(value_ids, request_ids) AS i(value_id, request_id);
	END IF;

	-- Before any status is read: terminal_settled relies on it.
	v_xact := pg_current_xact_id()::text::bigint;

	SELECT array_agg(k.ctid), array_agg(k.version), array_agg(k.product_id), array_agg(k.state),
		array_agg(k.amount), array_agg(k.currency), array_agg(k.expires_at)
	INTO v_tid, v_version, v_product, v_state, v_amount, v_currency, v_expires
	FROM (SELECT v.*
		FROM unnest(terminal_ids, value_ids) WITH ORDINALITY AS i(terminal_id, value_id, ord)
		LEFT JOIN LATERAL (
			SELECT v.ctid, v.version, v.product_id, v.state, v.amount, v.currency, v.expires_at
			FROM value v
			WHERE v.home = ((i.value_id >> 42) & 63)::smallint
				AND v.value_id = i.value_id AND v.owner_id = i.terminal_id
				AND v.value_id >= v_first -- months before it are not opened
			FOR UPDATE SKIP LOCKED) v ON true
		ORDER BY i.ord) k;

	IF EXISTS (SELECT FROM product p WHERE p.held_max IS NOT NULL) THEN
		v_held_locked := transferee_lock(transferee_ids, transferees, v_product, v_currency);
	END IF;
	IF array_position(v_version, NULL) IS NOT NULL THEN
		-- Locked by somebody else, or not theirs?
		SELECT array_agg(k.version), array_agg(k.product_id), array_agg(k.state),
			array_agg(k.amount), array_agg(k.currency), array_agg(k.expires_at)
		INTO v_version, v_product, v_state, v_amount, v_currency, v_expires
		FROM transfer_values(terminal_ids, value_ids, v_first) k;
	END IF;

	v_now := clock_timestamp();
	SELECT bool_or(s.name = 'maintenance'), bool_or(s.name = 'outbox')
	INTO v_maintenance, v_outbox
	FROM setting s WHERE s.name IN ('maintenance', 'outbox') AND s.value = 'on';
	IF v_twice THEN
		v_second := ARRAY(SELECT row_number() OVER (PARTITION BY i.terminal_id, i.request_id
					ORDER BY i.ord) > 1
				OR row_number() OVER (PARTITION BY i.terminal_id, i.value_id, r.actor_id IS NOT NULL
					ORDER BY i.ord) > 1
			FROM unnest(request_ids, terminal_ids, value_ids) WITH ORDINALITY
				AS i(request_id, terminal_id, value_id, ord)
			LEFT JOIN request r ON r.actor_id = i.terminal_id AND r.request_id = i.request_id
			ORDER BY i.ord);
	END IF;
	IF v_held_locked IS NOT NULL THEN
		v_held := transfer_held(v_now, v_maintenance, request_ids, terminal_ids,
			value_ids, transferee_ids, transferees, refs, guards_s, links, v_tid, v_version,
			v_product, v_state, v_amount, v_currency, v_expires, v_second, v_held_locked);
	END IF;

	RETURN QUERY
	WITH d AS MATERIALIZED (
		SELECT o.outcome = 0 AND NOT v.known AS moves, o.outcome, v.*
		FROM transfer_verdict(v_now, v_maintenance, request_ids, terminal_ids,
			value_ids, transferee_ids, transferees, refs, guards_s, links, v_tid, v_version,
			v_product, v_state, v_amount, v_currency, v_expires, v_second, v_held) v
		CROSS JOIN LATERAL (SELECT coalesce(v.early, v.held, outcome_code('ok')) AS outcome) o
	), upd_value AS (
		UPDATE value v
		SET owner_id = d.te_id, owner_since = v_now, version = v.version + 1
		FROM d
		WHERE d.moves AND v.ctid = d.tid AND v.value_id = d.value_id
			AND v.value_id >= v_first
		RETURNING true
	), ins_journal AS (
		INSERT INTO journal (xact, value_id, owner_id, actor_id, request_id, at, version, home,
			operation, state, digest, link, reference)
		SELECT v_xact, value_id, te_id, terminal_id, request_id, v_now, version + 1, home,
			2, 1, digest, link, nullif(reference, '')
		FROM d WHERE d.moves
	), ins_outbox AS (
		INSERT INTO outbox (cause_id, terminal_id, created_at, next_at, version, home, kind,
			text_key, arguments, valid_until)
		SELECT value_id, r.to_id, v_now, v_now, version + 1, home, 1, r.text_key,
			receipt_arguments(value_id, amount, NULL, currency, expires_at, v_now, r.giver, r.taker,
				r.taker_name, reference),
			receipt_until(v_now)
		FROM d
		CROSS JOIN LATERAL (
			SELECT te_id AS to_id, 'receipt.received' AS text_key,
				(SELECT t.address FROM terminal t WHERE t.terminal_id = d.terminal_id) AS giver,
				NULL AS taker, NULL AS taker_name
			WHERE te_kind = 1
			UNION ALL
			SELECT d.terminal_id, CASE te_kind WHEN 1 THEN 'receipt.sent' ELSE 'receipt.paid' END,
				NULL, te_address, te_name) r
		WHERE v_outbox AND d.moves AND receipt_wanted(r.to_id)
	), ins_request AS (
		INSERT INTO request (actor_id, request_id, value_id, amount, peer_id, expires_at,
			at, version, home, operation, outcome, digest, currency, peer)
		SELECT terminal_id, request_id, value_id, amount, te_id, expires_at,
			v_now, CASE WHEN d.outcome = 0 THEN version + 1 END, home, 2, d.outcome, digest,
			currency, te_address
		FROM d
		WHERE NOT known AND request_is_final(d.outcome)
	)
	SELECT d.ord, d.outcome, d.same, d.value_id, d.amount, d.currency, d.expires_at,
		CASE WHEN d.same OR d.outcome = outcome_code('repeat_suspected') THEN d.at ELSE v_now END,
		d.te_id, d.te_address, d.te_name
	FROM d
	WHERE batch_wrote((SELECT count(*) FROM upd_value),
		(SELECT count(*) FROM d WHERE d.moves))
	ORDER BY d.ord;
END
$$;
COMMENT ON FUNCTION tegata.value_transfer(uuid[], bigint[], bigint[], bigint[], text[], text[], int[], text[])
	IS 'Makes transferees the owners of values, a batch in one transaction';
