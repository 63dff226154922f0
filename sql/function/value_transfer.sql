-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Records that value changed hands (claim 25: fifth information is stored for
-- third information).  A value that reaches a shop stays active.
--
-- Locks: the values that their askers own, in the order of their key, skipping
-- those that somebody else has locked; then, of products that limit what may be
-- held, the transferees' accounts in the same way.  Who does not own a value
-- cannot lock it.
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
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	v_n int := cardinality(request_ids);
	v_locked boolean[] := array_fill(false, ARRAY[v_n]);
	v_held_locked bigint[];
	v_xact bigint;
	v_ord int;
	v_now timestamptz;
	v_maintenance boolean;
	v_outbox boolean;
BEGIN
	PERFORM batch_check(v_n, cardinality(terminal_ids),
		cardinality(value_ids), cardinality(transferee_ids),
		cardinality(transferees), cardinality(refs),
		cardinality(guards_s), cardinality(links));

	-- Before any status is read: terminal_settled relies on it.
	v_xact := pg_current_xact_id()::text::bigint;

	FOR v_ord IN
		SELECT i.ord
		FROM unnest(terminal_ids, value_ids)
			WITH ORDINALITY AS i(terminal_id, value_id, ord)
		JOIN value v ON v.home = ((i.value_id >> 42) & 63)::smallint
			AND v.value_id = i.value_id AND v.owner_id = i.terminal_id
		ORDER BY v.home, v.value_id
		FOR UPDATE OF v SKIP LOCKED
	LOOP
		v_locked[v_ord] := true;
	END LOOP;

	IF EXISTS (SELECT FROM product p WHERE p.held_max IS NOT NULL) THEN
		v_held_locked := transferee_lock(value_ids, transferee_ids,
			transferees, v_locked);
	END IF;

	v_now := clock_timestamp();
	v_maintenance := setting_on('maintenance');
	v_outbox := setting_on('outbox');

	RETURN QUERY
	WITH i AS (
		SELECT i.*, CASE WHEN i.early IS NULL AND i.te_kind = 1 THEN p.held_max END AS held_max
		FROM transfer_verdict(v_now, v_maintenance, request_ids,
			terminal_ids, value_ids, transferee_ids,
			transferees, refs, guards_s,
			links, v_locked) i
		LEFT JOIN product p ON p.product_id = i.product_id
	), j AS (
		SELECT i.*, i.early IS NULL AND i.held_max IS NOT NULL
				AND NOT coalesce(i.te_id = ANY (v_held_locked), false) AS held_again,
			CASE WHEN i.held_max IS NOT NULL THEN i.held_max -
				(SELECT coalesce(sum(v.amount), 0)::bigint FROM value v
				WHERE v.owner_id = i.te_id AND v.currency = i.currency AND v.state IN (0, 1, 2)
				AND (v.expires_at > v_now) IS NOT FALSE) END AS room
		FROM i
	), d AS MATERIALIZED (
		SELECT j.*, CASE
			WHEN early IS NOT NULL THEN early
			WHEN held_max IS NULL THEN outcome_code('ok')
			WHEN held_again THEN outcome_code('again')
			WHEN (fit(amount, room, 0, 0) FILTER (WHERE held_max IS NOT NULL AND NOT held_again)
				OVER (PARTITION BY te_id, currency ORDER BY ord))[3] = 1
				THEN outcome_code('held_exceeded')
			ELSE outcome_code('ok')
		END AS outcome
		FROM j
	), moved AS MATERIALIZED (
		SELECT * FROM d WHERE d.outcome = 0 AND NOT d.known
	), upd_value AS (
		UPDATE value v
		SET owner_id = m.te_id, owner_since = v_now, version = v.version + 1
		FROM moved m
		WHERE v.home = m.home AND v.value_id = m.value_id
	), ins_journal AS (
		INSERT INTO journal (xact, value_id, owner_id, actor_id, request_id, at, version, home,
			operation, state, digest, link, reference)
		SELECT v_xact, value_id, te_id, terminal_id, request_id, v_now, version + 1, home,
			2, 1, digest, link, nullif(reference, '')
		FROM moved
	), ins_outbox AS (
		INSERT INTO outbox (cause_id, terminal_id, created_at, next_at, version, home, kind,
			text_key, arguments)
		SELECT value_id, te_id, v_now, v_now, version + 1, home, 1, 'receipt.received',
			jsonb_build_object('value_id', value_id::text, 'amount', amount, 'currency', currency,
				'from', (SELECT t.address FROM terminal t WHERE t.terminal_id = moved.terminal_id))
		FROM moved WHERE v_outbox AND te_kind = 1
	), ins_request AS (
		INSERT INTO request (actor_id, request_id, value_id, amount, peer_id, expires_at,
			at, version, home, operation, outcome, digest, currency, peer)
		SELECT terminal_id, request_id, value_id, CASE WHEN owned THEN amount END,
			CASE WHEN owned THEN te_id END, CASE WHEN owned THEN expires_at END,
			v_now, CASE WHEN d.outcome = 0 THEN version + 1 END, home, 2, d.outcome, digest,
			CASE WHEN owned THEN currency END, CASE WHEN owned THEN te_address END
		FROM d
		WHERE NOT known AND request_is_final(d.outcome)
	)
	SELECT d.ord, d.outcome, coalesce(d.same, false), d.value_id,
		CASE WHEN d.same THEN d.r_amount WHEN d.owned THEN d.amount END,
		CASE WHEN d.same THEN d.r_currency WHEN d.owned THEN d.currency END,
		CASE WHEN d.same THEN d.r_expires_at WHEN d.owned THEN d.expires_at END,
		CASE WHEN d.same THEN d.r_at WHEN d.outcome = outcome_code('repeat_suspected')
			THEN d.g_at ELSE v_now END,
		CASE WHEN d.same THEN d.r_peer_id WHEN d.owned THEN d.te_id END,
		CASE WHEN d.same THEN d.r_peer WHEN d.owned THEN d.te_address END,
		CASE WHEN d.same THEN CASE WHEN d.r_peer_id IS NOT NULL THEN d.te_name END
			WHEN d.owned THEN d.te_name END
	FROM d ORDER BY d.ord;
END
$$;
COMMENT ON FUNCTION tegata.value_transfer(uuid[], bigint[], bigint[], bigint[], text[], text[], int[], text[])
	IS 'Makes transferees the owners of values, a batch in one transaction';
