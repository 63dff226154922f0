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
	v_locked boolean[] := array_fill(false, ARRAY[v_n]);
	v_xact bigint;
	v_ord int;
	v_now timestamptz;
	v_maintenance boolean;
	v_taken boolean := false;
BEGIN
	PERFORM batch_check(v_n, cardinality(terminal_ids), cardinality(products),
		cardinality(amounts), cardinality(fees), cardinality(value_ids),
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
	v_maintenance := setting_on('maintenance');
	IF v_n = 1 THEN
		v_taken := EXISTS (SELECT FROM value v
			WHERE v.home = (terminal_ids[1] & 63)::smallint
			AND v.value_id = value_ids[1]);
	END IF;

	RETURN QUERY
	WITH v AS MATERIALIZED (
		SELECT v.*, early IS NULL AS fair, CASE policy WHEN 1 THEN amount + fee ELSE 0 END AS total
		FROM issue_verdict(v_now, v_maintenance, v_taken, request_ids, terminal_ids, products,
			amounts, fees, value_ids, guards_s, links, v_locked) v
	), w AS (
		-- The usual case: nothing else of this terminal is in the batch.
		SELECT v.*, false AS suspect, NULL::int AS first_ord,
			CASE WHEN fair THEN fit_step('{0,0,0}', amount, room, total, funds) END AS fits
		FROM v WHERE crowd = 1
		UNION ALL
		-- Several of one terminal: of those that ask the same the first is not suspect, and the
		-- funds go round in the order of ord.
		SELECT s.*, CASE WHEN fair AND NOT suspect
			THEN fit(amount, room, total, funds) FILTER (WHERE fair AND NOT suspect)
				OVER (PARTITION BY terminal_id, currency ORDER BY ord) END
		FROM (SELECT v.*, fair AND guard_s > 0 AND ord > first_value(ord) OVER alike AS suspect,
				first_value(ord) OVER alike AS first_ord
			FROM v WHERE crowd > 1
			WINDOW alike AS (PARTITION BY terminal_id, digest, fair ORDER BY ord)) s
	), n AS MATERIALIZED (
		SELECT w.*, CASE
			WHEN NOT fair THEN early
			WHEN fits[3] = 0 THEN CASE policy WHEN 2 THEN outcome_code('pending')
				ELSE outcome_code('ok') END
			WHEN fits[3] = 1 THEN outcome_code('held_exceeded')
			WHEN fits[3] = 2 AND mode = 2 THEN outcome_code('credit_exceeded')
			WHEN fits[3] = 2 THEN outcome_code('funds_insufficient')
		END AS decided
		FROM w
	), d AS MATERIALIZED (
		-- A suspect is one only if the first was done; else it fares as the first did.
		SELECT n.*, CASE WHEN NOT suspect THEN decided
			ELSE (SELECT CASE WHEN f.decided IN (0, 1) THEN outcome_code('repeat_suspected')
				ELSE f.decided END FROM n f WHERE f.ord = n.first_ord) END AS outcome,
			CASE WHEN suspect THEN (SELECT f.value_id FROM n f WHERE f.ord = n.first_ord)
				END AS first_value_id
		FROM n
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
			THEN coalesce(d.g_value_id, d.first_value_id) END,
		CASE WHEN d.same THEN d.r_amount ELSE d.amount END,
		CASE WHEN d.same THEN d.r_fee ELSE d.fee END,
		CASE WHEN d.same THEN d.r_currency ELSE d.currency END,
		CASE WHEN d.same THEN d.r_expires_at WHEN d.outcome IN (0, 1) THEN d.expires_at END,
		CASE WHEN d.same THEN d.r_at WHEN d.outcome = outcome_code('repeat_suspected')
			THEN coalesce(d.g_at, v_now) ELSE v_now END,
		CASE WHEN d.same THEN d.r_balance ELSE d.funds - d.fits[1] END
	FROM d ORDER BY d.ord;
END
$$;
COMMENT ON FUNCTION tegata.value_issue(uuid[], bigint[], text[], bigint[], bigint[], bigint[], int[], text[])
	IS 'Issues value and charges the issuers'' accounts, a batch in one transaction';
