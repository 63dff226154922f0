-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The external charging system has answered for a pending value: charged, it
-- becomes active and its movements are booked; not charged, it is revoked.  The
-- first answer of its request becomes what the issue came to.
--
-- Locks: the values in the order of their key, skipping those that somebody
-- else has locked.
--
-- Idempotency: the same answer for the same value again has no effect.
--
-- Outcomes in precedence:
--   body_malformed   neither charged nor not charged (NULL)
--   not_owner        no such value
--   again            locked, or twice in one batch: the second
--   ok               charged, now or before
--   charge_refused   not charged, now or before
--   value_state      settled the other way, or never pending
CREATE OR REPLACE FUNCTION tegata.value_issue_settle(value_ids bigint[], charged boolean[])
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
	v_n int := cardinality(value_ids);
	v_locked boolean[] := array_fill(false, ARRAY[v_n]);
	v_xact bigint;
	v_ord int;
	v_now timestamptz;
BEGIN
	PERFORM batch_check(v_n, cardinality(charged));
	v_xact := pg_current_xact_id()::text::bigint;

	FOR v_ord IN
		SELECT i.ord
		FROM unnest(value_ids) WITH ORDINALITY AS i(value_id, ord)
		JOIN value v ON v.home = ((i.value_id >> 42) & 63)::smallint AND v.value_id = i.value_id
		ORDER BY v.home, v.value_id
		FOR UPDATE OF v SKIP LOCKED
	LOOP
		v_locked[v_ord] := true;
	END LOOP;
	v_now := clock_timestamp();

	RETURN QUERY
	WITH i AS (
		SELECT i.ord::int, i.value_id, ((i.value_id >> 42) & 63)::smallint AS home, i.locked,
			i.charged,
			row_number() OVER (PARTITION BY i.value_id ORDER BY i.ord) AS nth
		FROM unnest(value_ids, charged, v_locked) WITH ORDINALITY AS i(value_id, charged, locked, ord)
	), d AS MATERIALIZED (
		SELECT i.*, v.amount, v.currency, v.expires_at, v.owner_id, v.version, v.state = 0 AS pending,
			j.actor_id, j.request_id, r.fee, CASE
				WHEN i.charged IS NULL THEN outcome_code('body_malformed')
				WHEN v.value_id IS NULL THEN outcome_code('not_owner')
				WHEN NOT i.locked OR i.nth > 1 THEN outcome_code('again')
				WHEN v.policy <> 2 THEN outcome_code('value_state')
				WHEN i.charged AND v.state <> 5 THEN outcome_code('ok')
				WHEN NOT i.charged AND v.state IN (0, 5) THEN outcome_code('charge_refused')
				ELSE outcome_code('value_state')
			END AS outcome
		FROM i
		LEFT JOIN value v ON v.home = i.home AND v.value_id = i.value_id
		LEFT JOIN journal j ON j.home = i.home AND j.value_id = i.value_id AND j.version = 1
		LEFT JOIN request r ON r.actor_id = j.actor_id AND r.request_id = j.request_id
	), done AS MATERIALIZED (
		SELECT d.*, CASE WHEN d.outcome = 0 THEN 1 ELSE 5 END AS state
		FROM d WHERE d.pending AND d.outcome IN (outcome_code('ok'), outcome_code('charge_refused'))
	), upd_value AS (
		UPDATE value v SET state = s.state, version = v.version + 1
		FROM done s WHERE v.home = s.home AND v.value_id = s.value_id
	), ins_journal AS (
		INSERT INTO journal (xact, value_id, owner_id, actor_id, request_id, at, version, home,
			operation, state)
		SELECT v_xact, value_id, owner_id, NULL, NULL, v_now, version + 1, home,
			operation_code('settle'), state
		FROM done
	), ins_charge AS (
		INSERT INTO charge (xact, cause_id, debit_account, credit_account, amount, at, version, home,
			kind, currency)
		SELECT v_xact, value_id, -4, -1, amount, v_now, version + 1, home, 1, currency
		FROM done WHERE state = 1
		UNION ALL
		SELECT v_xact, value_id, -4, -2, fee, v_now, version + 1, home, 2, currency
		FROM done WHERE state = 1 AND fee > 0
	), ins_outbox AS (
		INSERT INTO outbox (cause_id, terminal_id, created_at, next_at, version, home, kind,
			text_key, arguments, valid_until)
		SELECT value_id, actor_id, v_now, v_now, version + 1, home, 1,
			CASE state WHEN 1 THEN 'receipt.bought' ELSE 'receipt.refused' END,
			receipt_arguments(value_id, amount, fee, currency, expires_at, v_now, NULL, NULL, NULL, NULL),
			receipt_until(v_now)
		FROM done WHERE setting_on('outbox') AND actor_id IS NOT NULL AND receipt_wanted(actor_id)
	), upd_request AS (
		UPDATE request r SET outcome = s.outcome
		FROM done s WHERE r.actor_id = s.actor_id AND r.request_id = s.request_id
	)
	SELECT d.ord, d.outcome FROM d ORDER BY d.ord;
END
$$;
COMMENT ON FUNCTION tegata.value_issue_settle(bigint[], boolean[])
	IS 'What the external charging system answered for pending values';
