-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Issues value and charges for it in one transaction (claim 25).
--
-- Locks: the issuers' accounts in the order of their key, skipping those that
-- somebody else has locked.  Waits only for another session that inserts the
-- same request id or value id at this moment.
--
-- Idempotency: (terminal, request id).  A repeat gets the first answer with
-- repeated = true.  Every outcome is stored with the request, except those that
-- a repeat may change: again, maintenance, value_id_taken, repeat_suspected,
-- price_changed.  What was agreed to as fee does not tell requests apart.
--
-- Outcomes in precedence:
--   the first answer | request_conflict (same id, other arguments)
--   maintenance
--   again                 the same request id twice in one batch: the second
--   terminal_unknown | terminal_blocked | terminal_quarantined | terminal_retired
--   product_unknown       also one that is not on sale
--   amount_not_allowed
--   repeat_suspected      an ok or pending issue of the same product and amount
--                         within guard_s; "at" and value_id are the earlier one's
--   price_changed         the fee is not the one in fees, which the subscriber
--                         agreed to (NULL: whatever it is); "fee" is the new one.
--                         To agree to that is a new request, with an id of its own
--   again                 the account is locked
--   value_id_taken        draw another id.  Also an id whose home is not the
--                         issuer's, or whose day is not today (one day either way)
--   held_exceeded
--   funds_insufficient | credit_exceeded
--   pending               the product is charged externally: value_issue_settle follows
--   ok
--
-- value_id_taken is only found beforehand for a batch of one.  In a larger one
-- unique_violation (23505) is raised and nothing has happened: the caller
-- replays it by ones.  The same where another session inserts the same request
-- id at this moment.  Looking up every id would cost each issue what one in
-- millions needs.
CREATE OR REPLACE FUNCTION tegata.value_issue(request_ids uuid[], terminal_ids bigint[],
	products text[], amounts bigint[], fees bigint[], value_ids bigint[], guards_s int[],
	links text[])
RETURNS TABLE (ord int, outcome smallint, repeated boolean, value_id bigint, amount bigint,
	fee bigint, currency text, expires_at timestamptz, at timestamptz, balance bigint)
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
	v_ords int[];
	v_ord int;
	v_locked boolean[] := array_fill(false, ARRAY[v_n]);
	v_crowd boolean[] := v_locked;
	v_crowded boolean := false;
	v_held bigint[];
	v_limited boolean;
	v_xact bigint;
	v_now timestamptz;
	v_maintenance boolean;
	v_outbox boolean;
	v_taken boolean;
BEGIN
	IF (v_n = cardinality(terminal_ids) AND v_n = cardinality(products)
		AND v_n = cardinality(amounts) AND v_n = cardinality(fees)
		AND v_n = cardinality(value_ids) AND v_n = cardinality(guards_s)
		AND v_n = cardinality(links)) IS NOT TRUE
	THEN
		PERFORM batch_check(v_n, cardinality(terminal_ids), cardinality(products),
			cardinality(amounts), cardinality(fees), cardinality(value_ids),
			cardinality(guards_s), cardinality(links));
	END IF;

	-- Before any status is read: terminal_settled relies on it.
	v_xact := pg_current_xact_id()::text::bigint;

	-- The account's lock is what makes two issues to one terminal see each other's value.
	v_limited := EXISTS (SELECT FROM product p WHERE p.held_max IS NOT NULL);
	IF v_limited THEN
		PERFORM account_ensure(terminal_ids, (SELECT array_agg(p.currency ORDER BY i.ord)
			FROM unnest(products) WITH ORDINALITY AS i(product, ord)
			LEFT JOIN product p ON p.code = i.product));
	END IF;

	SELECT array_agg(k.ord) INTO v_ords
	FROM (SELECT i.ord::int
		FROM unnest(terminal_ids, products) WITH ORDINALITY AS i(terminal_id, product, ord)
		JOIN account a ON a.home = (i.terminal_id & 63)::smallint
			AND a.terminal_id = i.terminal_id
			AND a.currency = (SELECT p.currency FROM product p WHERE p.code = i.product)
		ORDER BY a.home, a.terminal_id, a.currency
		FOR UPDATE OF a SKIP LOCKED) k;
	FOREACH v_ord IN ARRAY coalesce(v_ords, '{}') LOOP
		v_locked[v_ord] := true;
	END LOOP;

	v_now := clock_timestamp();
	SELECT s.value = 'on', v_n = 1 AND EXISTS (SELECT FROM value v
		WHERE v.home = (terminal_ids[1] & 63)::smallint AND v.value_id = value_ids[1])
	INTO v_maintenance, v_taken
	FROM setting s WHERE s.name = 'maintenance';
	v_outbox := (SELECT s.value = 'on' FROM setting s WHERE s.name = 'outbox');
	IF v_limited THEN
		v_held := ARRAY(SELECT CASE WHEN p.held_max IS NOT NULL THEN
				(SELECT coalesce(sum(v.amount), 0)::bigint FROM value v
				WHERE v.owner_id = i.terminal_id AND v.currency = p.currency AND v.state IN (0, 1, 2)
				AND (v.expires_at > v_now) IS NOT FALSE) END
			FROM unnest(terminal_ids, products) WITH ORDINALITY AS i(terminal_id, product, ord)
			LEFT JOIN product p ON p.code = i.product
			ORDER BY i.ord);
	END IF;
	IF v_n > 1 THEN
		v_crowded := v_n > (SELECT count(DISTINCT i.terminal_id) FROM unnest(terminal_ids) AS i(terminal_id));
		IF v_crowded THEN
			v_crowd := ARRAY(SELECT count(*) OVER (PARTITION BY i.terminal_id) > 1
				FROM unnest(terminal_ids) WITH ORDINALITY AS i(terminal_id, ord) ORDER BY i.ord);
		END IF;
	END IF;

	RETURN QUERY
	WITH d AS MATERIALIZED (
		SELECT v.ord, v.request_id, v.terminal_id, v.home, v.value_id, v.amount, v.fee, v.currency,
			v.expires_at, v.at, v.link, v.digest, v.known, v.same, v.product_id, v.policy,
			v.alone AS outcome,
			CASE WHEN v.same THEN v.funds WHEN v.early IS NULL
				THEN v.funds - CASE WHEN v.alone IN (0, 1) THEN v.total ELSE 0 END END AS balance,
			CASE WHEN v.alone = 0 AND NOT v.known THEN v.total END AS debit
		FROM issue_verdict(v_now, v_maintenance, v_taken, request_ids, terminal_ids, products,
			amounts, fees, value_ids, guards_s, links, v_locked, v_held, v_crowd, false) v
		UNION ALL
		SELECT c.*
		FROM issue_crowd(v_now, v_maintenance, request_ids, terminal_ids, products, amounts, fees,
			value_ids, guards_s, links, v_locked, v_held, v_crowd) c
		WHERE v_crowded
	), upd_account AS (
		UPDATE account a
		SET balance = a.balance - least(a.balance, d.debit),
			accrued = a.accrued + d.debit - least(a.balance, d.debit)
		FROM d
		WHERE d.debit > 0 AND a.home = d.home AND a.terminal_id = d.terminal_id
			AND a.currency = d.currency
	), ins_value AS (
		INSERT INTO value (value_id, amount, issuer_id, owner_id, owner_since, expires_at,
			version, home, product_id, state, policy, currency)
		SELECT value_id, amount, terminal_id, terminal_id, v_now, expires_at,
			1, home, product_id, CASE policy WHEN 2 THEN 0 ELSE 1 END, policy, currency
		FROM d WHERE d.outcome IN (0, 1) AND NOT d.known
	), ins_journal AS (
		INSERT INTO journal (xact, value_id, owner_id, actor_id, request_id, at, version, home,
			operation, state, digest, link)
		SELECT v_xact, value_id, terminal_id, terminal_id, request_id, v_now, 1, home,
			1, CASE policy WHEN 2 THEN 0 ELSE 1 END, digest, link
		FROM d WHERE d.outcome IN (0, 1) AND NOT d.known
	), ins_charge AS (
		INSERT INTO charge (xact, cause_id, debit_account, credit_account, amount, at, version, home,
			kind, currency)
		SELECT v_xact, value_id, terminal_id, -1, amount, v_now, 1, home, 1, currency
		FROM d WHERE d.outcome IN (0, 1) AND NOT d.known AND d.policy = 1
		UNION ALL
		SELECT v_xact, value_id, terminal_id, -2, fee, v_now, 1, home, 2, currency
		FROM d WHERE d.outcome IN (0, 1) AND NOT d.known AND d.policy = 1 AND fee > 0
	), ins_outbox AS (
		INSERT INTO outbox (cause_id, terminal_id, created_at, next_at, version, home, kind,
			text_key, arguments, valid_until)
		SELECT value_id, terminal_id, v_now, v_now, 1, home, 1, 'receipt.bought',
			receipt_arguments(value_id, amount, fee, currency, expires_at, v_now, NULL, NULL, NULL, NULL),
			receipt_until(v_now)
		FROM d WHERE v_outbox AND d.outcome = 0 AND NOT d.known AND receipt_wanted(d.terminal_id)
	), ins_request AS (
		INSERT INTO request (actor_id, request_id, value_id, amount, fee, balance, expires_at,
			at, version, home, operation, outcome, digest, currency)
		SELECT terminal_id, request_id, CASE WHEN d.outcome IN (0, 1) THEN value_id END, amount,
			fee, balance, CASE WHEN d.outcome IN (0, 1) THEN expires_at END,
			v_now, CASE WHEN d.outcome IN (0, 1) THEN 1 END, home, 1, d.outcome, digest, currency
		FROM d
		WHERE NOT known AND request_is_final(d.outcome)
	)
	SELECT d.ord, d.outcome, d.same,
		CASE WHEN d.same OR d.outcome IN (0, 1) OR d.outcome = outcome_code('repeat_suspected')
			THEN d.value_id END,
		d.amount, d.fee, d.currency,
		CASE WHEN d.same OR d.outcome IN (0, 1) THEN d.expires_at END,
		CASE WHEN d.same OR d.outcome = outcome_code('repeat_suspected')
			THEN coalesce(d.at, v_now) ELSE v_now END,
		d.balance
	FROM d ORDER BY d.ord;
END
$$;
COMMENT ON FUNCTION tegata.value_issue(uuid[], bigint[], text[], bigint[], bigint[], bigint[], int[], text[])
	IS 'Issues value and charges the issuers'' accounts, a batch in one transaction';
