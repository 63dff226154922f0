-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- The rules of audit.violations for what was issued, changed, asked or paid since a
-- time, whole life and all: for hourly use where the full views take too long.
-- Not looked at: sums over everything (account_sum, circulation), and what somebody
-- wrote into values, accounts or terminals without a trace in the journal or in
-- charges.
-- The full views find that, and so does tegatactl verify.
--
-- This is a formulation of its own, value by value; the tests hold it against the
-- views.  Reads journal and charges since then by their indexes of ranges, the rest
-- by keys: it costs what happened since, not what there is.  Locks nothing.
CREATE OR REPLACE FUNCTION audit.violations_since(since timestamptz)
RETURNS TABLE (invariant text, object text, detail text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_custom_plan
SET work_mem = '32MB'
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET max_parallel_workers_per_gather = 0
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	-- Movements have no index of times, but one of transactions.
	v_xact bigint := (SELECT min(x.xact) FROM (
		SELECT min(j.xact) AS xact FROM journal j WHERE j.at >= violations_since.since
		UNION ALL SELECT min(o.xact) FROM operator_act o WHERE o.at >= violations_since.since
		UNION ALL SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint) x);
BEGIN
	RETURN QUERY
	WITH k AS MATERIALIZED (
		SELECT j.home, j.value_id FROM journal j WHERE j.at >= violations_since.since
		UNION
		SELECT c.home, c.cause_id FROM charge c WHERE c.xact >= v_xact AND c.at >= violations_since.since AND c.version > 0
	), life AS (
		SELECT k.home, k.value_id, v.value_id IS NOT NULL AS there, v.version, v.state, v.owner_id,
			v.issuer_id, v.amount, v.currency, v.policy, v.expires_at, j.*, c.*,
			(SELECT t.status FROM terminal t WHERE t.terminal_id = v.owner_id) AS owner_status,
			EXISTS (SELECT FROM terminal t WHERE t.terminal_id = v.issuer_id) AS issuer_there
		FROM k
		LEFT JOIN value v ON v.home = k.home AND v.value_id = k.value_id
		CROSS JOIN LATERAL (SELECT count(*) AS j_n, min(j.version) AS j_first, max(j.version) AS j_last,
				(array_agg(j.owner_id ORDER BY j.version DESC))[1] AS j_owner,
				(array_agg(j.state ORDER BY j.version DESC))[1] AS j_state,
				coalesce(bool_or(j.operation = 3 AND j.state = 1), false) AS settled,
				bool_and((CASE
					WHEN j.was IS NULL THEN j.operation = 1 AND j.actor_id = j.owner_id AND j.state < 2
					WHEN j.operation = 2 THEN j.actor_id = j.was AND j.owner_id <> j.was AND j.state_was = 1 AND j.state = 1
					WHEN j.operation = 3 THEN j.owner_id = j.was AND j.state_was = 0 AND j.state IN (1, 5)
					WHEN j.operation = 4 THEN j.owner_id <> j.was AND j.state = j.state_was AND j.state < 3
					WHEN j.operation = 5 THEN j.owner_id = j.was AND j.state_was = 1 AND j.state IN (4, 5)
					END) IS TRUE) AS steps_well
			FROM (SELECT j.*, lag(j.owner_id) OVER w AS was, lag(j.state) OVER w AS state_was
				FROM journal j WHERE j.home = k.home AND j.value_id = k.value_id
				WINDOW w AS (ORDER BY j.version)) j) j
		CROSS JOIN LATERAL (SELECT count(*) AS c_n, count(*) FILTER (WHERE c.kind = 1) AS n_issue,
				sum(c.amount) FILTER (WHERE c.kind = 1) AS charged,
				count(*) FILTER (WHERE c.kind = 2) AS n_fee,
				coalesce(sum(c.amount) FILTER (WHERE c.kind = 2), 0) AS fee,
				count(*) FILTER (WHERE c.debit_account = -1) AS n_out,
				coalesce(sum(c.amount) FILTER (WHERE c.debit_account = -1), 0) AS out_amount,
				bool_and(c.currency = v.currency AND CASE WHEN c.kind IN (1, 2)
					THEN c.credit_account = -c.kind
						AND c.debit_account = CASE v.policy WHEN 1 THEN v.issuer_id ELSE -4 END
					ELSE true END) AS fits
			FROM charge c WHERE c.home = k.home AND c.cause_id = k.value_id AND c.version > 0) c
	)
	SELECT f.invariant, l.value_id::text, format('version %s, state %s, owner %s', l.version, l.state, l.owner_id)
	FROM life l, LATERAL (VALUES
		('value_history', NOT l.there OR l.j_n = 0 OR l.j_first <> 1 OR l.j_last <> l.j_n
			OR l.j_last <> l.version OR l.j_owner <> l.owner_id OR l.j_state <> l.state),
		('value_step', NOT l.steps_well),
		('value_charge', l.there AND (CASE WHEN l.policy = 1 OR l.settled
				THEN l.n_issue = 1 AND l.charged = l.amount AND l.n_fee <= 1 AND l.fits
					AND CASE WHEN l.state IN (3, 5) THEN l.n_out = 1 AND l.out_amount = l.amount
						WHEN l.state = 4 THEN l.n_out = 0 OR (l.n_out = 1 AND l.out_amount = l.amount)
						ELSE l.n_out = 0 END
				ELSE l.c_n = 0 END) IS NOT TRUE),
		('value_owner', l.there AND (l.owner_status IS NULL OR NOT l.issuer_there
			OR (l.owner_status = 4 AND (l.state IN (0, 2) OR (l.state = 1
				AND (l.expires_at > clock_timestamp()) IS NOT FALSE))))),
		('value_reserved', l.state = 2 AND l.expires_at <= clock_timestamp())) AS f(invariant, bad)
	WHERE f.bad
	UNION ALL
	SELECT 'charge_cause', format('%s/%s/%s', c.cause_id, c.version, c.kind), 'no cause, or no account'
	FROM (SELECT c.* FROM k JOIN charge c ON c.home = k.home AND c.cause_id = k.value_id
		UNION
		SELECT c.* FROM charge c WHERE c.xact >= v_xact AND c.at >= violations_since.since) c
	WHERE NOT CASE WHEN c.version > 0 THEN EXISTS (SELECT FROM journal j WHERE j.home = c.home
				AND j.value_id = c.cause_id AND j.version = c.version)
			ELSE EXISTS (SELECT FROM operator_act o
				WHERE o.terminal_id IN (c.debit_account, c.credit_account) AND CASE c.kind
					WHEN 8 THEN o.act = 'terminal_swap' AND o.outcome = 0
						AND (o.arguments->>'from')::bigint IN (c.debit_account, c.credit_account)
						AND (o.arguments->>'from')::bigint <> o.terminal_id
					ELSE o.cause_id = c.cause_id AND o.arguments->>'currency' = c.currency
						AND (o.arguments->>'amount')::bigint = c.amount
						AND c.kind = CASE o.act WHEN 'top_up' THEN 7 WHEN 'top_up_reverse' THEN 5
							WHEN 'account_settle' THEN CASE WHEN c.kind IN (5, 9) THEN c.kind END END
					END) END
		OR EXISTS (SELECT FROM unnest(ARRAY[c.debit_account, c.credit_account]) AS a(id)
			WHERE CASE WHEN a.id > 0 THEN NOT EXISTS (SELECT FROM account t
					WHERE t.home = (a.id & 63)::smallint AND t.terminal_id = a.id AND t.currency = c.currency)
				ELSE NOT EXISTS (SELECT FROM carrier_account t WHERE t.account_id = a.id) END)
	UNION ALL
	SELECT 'request_effect', format('%s %s', j.actor_id, j.request_id),
		CASE WHEN r.actor_id IS NULL THEN 'an effect without a request' ELSE 'not the effect that was answered' END
	FROM k JOIN journal j ON j.home = k.home AND j.value_id = k.value_id AND j.actor_id IS NOT NULL
	LEFT JOIN request r ON r.actor_id = j.actor_id AND r.request_id = j.request_id
	WHERE CASE WHEN r.actor_id IS NULL THEN j.at > clock_timestamp() - interval '30 days'
		ELSE (r.value_id = j.value_id AND r.version = j.version AND r.operation = j.operation) IS NOT TRUE END
	UNION ALL
	SELECT 'request_effect', format('%s %s', r.actor_id, r.request_id), 'done, without an effect'
	FROM request r
	WHERE r.version IS NOT NULL AND r.at >= violations_since.since
		AND NOT EXISTS (SELECT FROM journal j WHERE j.home = r.home AND j.value_id = r.value_id
			AND j.version = r.version AND j.actor_id = r.actor_id AND j.request_id = r.request_id)
	UNION ALL
	SELECT 'issue_fee', l.value_id::text, format('told %s, booked %s', r.fee, l.fee)
	FROM life l
	JOIN journal j ON j.home = l.home AND j.value_id = l.value_id AND j.version = 1
	JOIN request r ON r.actor_id = j.actor_id AND r.request_id = j.request_id AND r.value_id = l.value_id
	WHERE r.operation = 1 AND r.outcome = 0 AND coalesce(r.fee, 0) <> l.fee
	UNION ALL
	SELECT * FROM audit.outbox_cause
	UNION ALL
	SELECT * FROM audit.outbox_step
	UNION ALL
	SELECT * FROM audit.act_effect;
END
$$;
COMMENT ON FUNCTION audit.violations_since(timestamptz)
	IS 'Broken rules among what was issued, changed, asked or paid since a time';
