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
-- a repeat may change: again, maintenance, value_id_taken, repeat_suspected.
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
	products text[], amounts bigint[], value_ids bigint[], guards_s int[], links text[])
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
	v_locked boolean[] := array_fill(false, ARRAY[v_n]);
	v_xact bigint;
	v_ord int;
	v_now timestamptz;
	v_today bigint;
	v_maintenance boolean;
	v_taken boolean := false;
BEGIN
	PERFORM batch_check(v_n, cardinality(terminal_ids), cardinality(products),
		cardinality(amounts), cardinality(value_ids),
		cardinality(guards_s), cardinality(links));

	-- Before any status is read: terminal_settled relies on it.
	v_xact := pg_current_xact_id()::text::bigint;

	-- The account's lock is what makes two issues to one terminal see each other's value.
	IF EXISTS (SELECT FROM product p WHERE p.held_max IS NOT NULL) THEN
		PERFORM account_ensure(terminal_ids, (SELECT array_agg(p.currency ORDER BY i.ord)
			FROM unnest(products) WITH ORDINALITY AS i(product, ord)
			LEFT JOIN product p ON p.code = i.product));
	END IF;

	FOR v_ord IN
		SELECT unnest(k.ords)
		FROM (SELECT k.ords
			FROM (SELECT i.terminal_id, p.currency, array_agg(i.ord::int) AS ords
				FROM unnest(terminal_ids, products)
					WITH ORDINALITY AS i(terminal_id, product, ord)
				JOIN product p ON p.code = i.product
				GROUP BY 1, 2) k
			JOIN account a ON a.home = (k.terminal_id & 63)::smallint
				AND a.terminal_id = k.terminal_id AND a.currency = k.currency
			ORDER BY a.home, a.terminal_id, a.currency
			FOR UPDATE OF a SKIP LOCKED) k
	LOOP
		v_locked[v_ord] := true;
	END LOOP;

	v_now := clock_timestamp();
	v_today := value_id_day(v_now);
	v_maintenance := setting_on('maintenance');
	IF v_n = 1 THEN
		v_taken := EXISTS (SELECT FROM value v
			WHERE v.home = (terminal_ids[1] & 63)::smallint
			AND v.value_id = value_ids[1]);
	END IF;

	RETURN QUERY
	-- What was asked, beside what is known about it.
	WITH i AS (
		SELECT i.*, (i.terminal_id & 63)::smallint AS home,
			request_digest(concat_ws(E'\x1f', 'issue', i.product, i.amount)) AS digest
		FROM (SELECT i.ord::int, i.request_id, i.terminal_id, i.product, i.amount, i.value_id,
				coalesce(i.guard_s, 0) AS guard_s, i.link, i.locked
			FROM unnest(request_ids, terminal_ids, products,
				amounts, value_ids, guards_s,
				links, v_locked)
				WITH ORDINALITY AS i(request_id, terminal_id, product, amount, value_id,
					guard_s, link, locked, ord)) i
	), j AS (
		SELECT i.*, p.product_id, p.currency, p.policy, p.valid_days, p.held_max,
			a.mode, a.terminal_id IS NOT NULL AS has_account,
			coalesce(a.balance + CASE WHEN a.mode = 2
				THEN greatest(a.credit_limit - a.accrued, 0) ELSE 0 END, 0) AS funds,
			CASE WHEN product_allows(p.amounts, p.min_amount, p.max_amount, p.step, i.amount)
				THEN p.fee_fixed + (i.amount * p.fee_permille + 999) / 1000 END AS fee,
			actor_outcome(t.status, t.frozen_until, v_now) AS actor,
			r.actor_id IS NOT NULL AS known, r.digest = i.digest AND r.operation = 1 AS same,
			r.outcome AS r_outcome, r.value_id AS r_value_id, r.amount AS r_amount, r.fee AS r_fee,
			r.currency AS r_currency, r.expires_at AS r_expires_at, r.at AS r_at,
			r.balance AS r_balance, g.at AS g_at, g.value_id AS g_value_id,
			row_number() OVER (PARTITION BY i.terminal_id, i.request_id ORDER BY i.ord) AS nth
		FROM i
		LEFT JOIN terminal t ON t.terminal_id = i.terminal_id
		LEFT JOIN product p ON p.code = i.product AND p.on_sale
		LEFT JOIN account a ON a.home = i.home AND a.terminal_id = i.terminal_id
			AND a.currency = p.currency
		LEFT JOIN request r ON r.actor_id = i.terminal_id AND r.request_id = i.request_id
		LEFT JOIN LATERAL (SELECT q.at, q.value_id FROM request q
			WHERE i.guard_s > 0 AND q.actor_id = i.terminal_id
			-- An id is minted a while before it is used: in a menu, half a minute.
			AND q.request_id >= request_id_floor(v_now - make_interval(secs => i.guard_s + 600))
			AND q.digest = i.digest AND q.operation = 1 AND q.outcome IN (0, 1)
			AND q.at >= v_now - make_interval(secs => i.guard_s)
			ORDER BY q.request_id DESC LIMIT 1) g ON true
	), k AS (
		SELECT j.*, CASE
			WHEN known THEN CASE WHEN same THEN r_outcome ELSE outcome_code('request_conflict') END
			WHEN v_maintenance THEN outcome_code('maintenance')
			WHEN nth > 1 THEN outcome_code('again')
			WHEN actor <> 0 THEN actor
			WHEN product_id IS NULL THEN outcome_code('product_unknown')
			WHEN fee IS NULL THEN outcome_code('amount_not_allowed')
			WHEN g_at IS NOT NULL THEN outcome_code('repeat_suspected')
			WHEN has_account AND NOT locked THEN outcome_code('again')
			WHEN v_taken OR value_id <= 0 OR (value_id >> 42) & 63 <> home
				OR abs((value_id >> 48) - v_today) > 1 THEN outcome_code('value_id_taken')
		END AS early
		FROM j
	), l AS (
		-- The same again inside the batch: the first one decides.
		SELECT k.*, early IS NULL AND guard_s > 0 AND ord > first_value(ord) OVER same AS suspect,
			first_value(ord) OVER same AS first_ord
		FROM k
		WINDOW same AS (PARTITION BY terminal_id, digest, early IS NULL ORDER BY ord)
	), m AS (
		SELECT l.*, CASE WHEN early IS NULL AND NOT suspect
			THEN fit(amount, room, CASE WHEN policy = 1 THEN amount + fee ELSE 0 END, funds)
				FILTER (WHERE early IS NULL AND NOT suspect)
				OVER (PARTITION BY terminal_id, currency ORDER BY ord) END AS fits
		FROM (SELECT l.*, CASE WHEN early IS NULL AND held_max IS NOT NULL THEN held_max -
				(SELECT coalesce(sum(v.amount), 0)::bigint FROM value v
				WHERE v.owner_id = l.terminal_id AND v.currency = l.currency
				AND v.state IN (0, 1, 2)
				AND (v.expires_at > v_now) IS NOT FALSE) END AS room
			FROM l) l
	), n AS (
		SELECT m.*, CASE
			WHEN early IS NOT NULL THEN early
			WHEN fits[3] = 1 THEN outcome_code('held_exceeded')
			WHEN fits[3] = 2 THEN CASE WHEN mode = 2 THEN outcome_code('credit_exceeded')
				ELSE outcome_code('funds_insufficient') END
			WHEN NOT suspect THEN CASE policy WHEN 2 THEN outcome_code('pending')
				ELSE outcome_code('ok') END
		END AS decided
		FROM m
	), d AS MATERIALIZED (
		SELECT n.*, CASE
			WHEN NOT suspect THEN decided
			WHEN f_decided IN (0, 1) THEN outcome_code('repeat_suspected')
			ELSE f_decided
		END AS outcome,
		v_now + make_interval(hours => 24 * valid_days) AS expires_at
		FROM (SELECT n.*, first_value(decided) OVER same AS f_decided,
				first_value(value_id) OVER same AS f_value_id
			FROM n
			WINDOW same AS (PARTITION BY terminal_id, digest, early IS NULL ORDER BY ord)) n
	), made AS MATERIALIZED (
		SELECT * FROM d WHERE d.outcome IN (0, 1) AND NOT d.known
	), upd_account AS (
		UPDATE account a
		SET balance = a.balance - least(a.balance, s.total),
			accrued = a.accrued + s.total - least(a.balance, s.total)
		FROM (SELECT home, terminal_id, currency, sum(amount + fee)::bigint AS total
			FROM made WHERE policy = 1 GROUP BY 1, 2, 3) s
		WHERE a.home = s.home AND a.terminal_id = s.terminal_id AND a.currency = s.currency
	), ins_value AS (
		INSERT INTO value (value_id, amount, issuer_id, owner_id, owner_since, expires_at,
			version, home, product_id, state, policy, currency)
		SELECT value_id, amount, terminal_id, terminal_id, v_now, expires_at,
			1, home, product_id, CASE policy WHEN 2 THEN 0 ELSE 1 END, policy, currency
		FROM made
	), ins_journal AS (
		INSERT INTO journal (xact, value_id, owner_id, actor_id, request_id, at, version, home,
			operation, state, digest, link)
		SELECT v_xact, value_id, terminal_id, terminal_id, request_id, v_now, 1, home,
			1, CASE policy WHEN 2 THEN 0 ELSE 1 END, digest, link
		FROM made
	), ins_charge AS (
		INSERT INTO charge (xact, cause_id, debit_account, credit_account, amount, at, version, home,
			kind, currency)
		SELECT v_xact, value_id, terminal_id, -1, amount, v_now, 1, home, 1, currency
		FROM made WHERE policy = 1
		UNION ALL
		SELECT v_xact, value_id, terminal_id, -2, fee, v_now, 1, home, 2, currency
		FROM made WHERE policy = 1 AND fee > 0
	), ins_request AS (
		INSERT INTO request (actor_id, request_id, value_id, amount, fee, balance, expires_at,
			at, version, home, operation, outcome, digest, currency)
		SELECT terminal_id, request_id, CASE WHEN d.outcome IN (0, 1) THEN value_id END, amount,
			fee, funds - fits[1], CASE WHEN d.outcome IN (0, 1) THEN expires_at END,
			v_now, CASE WHEN d.outcome IN (0, 1) THEN 1 END, home, 1, d.outcome, digest, currency
		FROM d
		WHERE NOT known AND request_is_final(d.outcome)
	)
	SELECT d.ord, d.outcome, coalesce(d.same, false),
		CASE WHEN d.same THEN d.r_value_id WHEN d.outcome IN (0, 1) THEN d.value_id
			WHEN d.outcome = outcome_code('repeat_suspected')
			THEN coalesce(d.g_value_id, d.f_value_id) END,
		CASE WHEN d.same THEN d.r_amount ELSE d.amount END,
		CASE WHEN d.same THEN d.r_fee ELSE d.fee END,
		CASE WHEN d.same THEN d.r_currency ELSE d.currency END,
		CASE WHEN d.same THEN d.r_expires_at WHEN d.outcome IN (0, 1) THEN d.expires_at END,
		CASE WHEN d.same THEN d.r_at ELSE coalesce(d.g_at, v_now) END,
		CASE WHEN d.same THEN d.r_balance ELSE d.funds - d.fits[1] END
	FROM d ORDER BY d.ord;
END
$$;
COMMENT ON FUNCTION tegata.value_issue(uuid[], bigint[], text[], bigint[], bigint[], int[], text[])
	IS 'Issues value and charges the issuers'' accounts, a batch in one transaction';
