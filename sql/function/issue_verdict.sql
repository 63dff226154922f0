-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What value_issue decides about each request by itself, before its neighbours
-- of the batch and the funds are looked at: one row a request, with all that the
-- decision was made from.  Locks nothing; inlined by the planner into the
-- caller's statement.
--
-- early: the outcome, in the precedence of value_issue; NULL: nothing is against
-- it so far.  crowd: requests of this terminal in the batch.  room: what may
-- still be held; NULL: any amount.
SET LOCAL check_function_bodies = off; -- what it calls comes elsewhere in the alphabet
CREATE OR REPLACE FUNCTION tegata.issue_verdict(now timestamptz, maintenance boolean, taken boolean,
	request_ids uuid[], terminal_ids bigint[], products text[], amounts bigint[],
	fees bigint[], value_ids bigint[], guards_s int[], links text[], locked_rows boolean[])
RETURNS TABLE (ord int, request_id uuid, terminal_id bigint, home smallint, value_id bigint,
	amount bigint, guard_s int, link text, digest bytea, crowd bigint, known boolean, same boolean,
	r_value_id bigint, r_amount bigint, r_fee bigint, r_currency text, r_expires_at timestamptz,
	r_at timestamptz, r_balance bigint, g_at timestamptz, g_value_id bigint, product_id smallint,
	currency text, policy smallint, expires_at timestamptz, fee bigint, mode smallint,
	funds bigint, room bigint, early smallint)
LANGUAGE sql STABLE
AS $$
	SELECT j.ord, j.request_id, j.terminal_id, j.home, j.value_id, j.amount, j.guard_s, j.link,
		j.digest, j.crowd, j.known, j.same, j.r_value_id, j.r_amount, j.r_fee, j.r_currency,
		j.r_expires_at, j.r_at, j.r_balance, j.g_at, j.g_value_id, j.product_id, j.currency,
		j.policy, now + make_interval(hours => 24 * j.valid_days), j.fee, j.mode, j.funds,
		CASE WHEN j.held_max IS NOT NULL THEN j.held_max -
			(SELECT coalesce(sum(v.amount), 0)::bigint FROM tegata.value v
			WHERE v.owner_id = j.terminal_id AND v.currency = j.currency AND v.state IN (0, 1, 2)
			AND (v.expires_at > now) IS NOT FALSE) END,
		CASE
			WHEN j.known THEN CASE WHEN j.same THEN j.r_outcome
				ELSE tegata.outcome_code('request_conflict') END
			WHEN maintenance THEN tegata.outcome_code('maintenance')
			WHEN j.nth > 1 THEN tegata.outcome_code('again')
			WHEN j.actor <> 0 THEN j.actor
			WHEN j.product_id IS NULL THEN tegata.outcome_code('product_unknown')
			WHEN j.fee IS NULL THEN tegata.outcome_code('amount_not_allowed')
			WHEN j.g_at IS NOT NULL THEN tegata.outcome_code('repeat_suspected')
			WHEN j.agreed_fee <> j.fee THEN tegata.outcome_code('price_changed')
			WHEN j.has_account AND NOT j.locked THEN tegata.outcome_code('again')
			WHEN taken OR j.value_id <= 0 OR (j.value_id >> 42) & 63 <> j.home
				OR abs((j.value_id >> 48) - tegata.value_id_day(now)) > 1
				THEN tegata.outcome_code('value_id_taken')
		END
	FROM (SELECT i.*, p.product_id, p.currency, p.policy, p.valid_days, p.held_max,
			a.mode, a.terminal_id IS NOT NULL AS has_account,
			coalesce(a.balance + CASE WHEN a.mode = 2
				THEN greatest(a.credit_limit - a.accrued, 0) ELSE 0 END, 0) AS funds,
			CASE WHEN tegata.product_allows(p.amounts, p.min_amount, p.max_amount, p.step, i.amount)
				THEN p.fee_fixed + (i.amount * p.fee_permille + 999) / 1000 END AS fee,
			tegata.actor_outcome(t.status, t.frozen_until, now) AS actor,
			r.actor_id IS NOT NULL AS known, r.digest = i.digest AND r.operation = 1 AS same,
			r.outcome AS r_outcome, r.value_id AS r_value_id, r.amount AS r_amount, r.fee AS r_fee,
			r.currency AS r_currency, r.expires_at AS r_expires_at, r.at AS r_at,
			r.balance AS r_balance, g.at AS g_at, g.value_id AS g_value_id
		FROM (SELECT i.*, (i.terminal_id & 63)::smallint AS home,
				tegata.request_digest(concat_ws(E'\x1f', 'issue', i.product, i.amount)) AS digest,
				row_number() OVER (PARTITION BY i.terminal_id, i.request_id ORDER BY i.ord) AS nth,
				count(*) OVER (PARTITION BY i.terminal_id) AS crowd
			FROM (SELECT i.ord::int, i.request_id, i.terminal_id, i.product, i.amount, i.agreed_fee,
					i.value_id,
					coalesce(i.guard_s, 0) AS guard_s, i.link, i.locked
				FROM unnest(request_ids, terminal_ids, products, amounts, fees, value_ids, guards_s,
					links, locked_rows) WITH ORDINALITY AS i(request_id, terminal_id, product,
						amount, agreed_fee, value_id, guard_s, link, locked, ord)) i) i
		LEFT JOIN tegata.terminal t ON t.terminal_id = i.terminal_id
		LEFT JOIN tegata.product p ON p.code = i.product AND p.on_sale
		LEFT JOIN tegata.account a ON a.home = i.home AND a.terminal_id = i.terminal_id
			AND a.currency = p.currency
		LEFT JOIN tegata.request r ON r.actor_id = i.terminal_id AND r.request_id = i.request_id
		LEFT JOIN LATERAL (
			SELECT q.at, q.value_id FROM tegata.request q
			WHERE i.guard_s > 0 AND q.actor_id = i.terminal_id
			-- An id is minted a while before it is used: in a menu, half a minute.
			AND q.request_id >= tegata.request_id_floor(now - make_interval(secs => i.guard_s + 600))
			AND q.digest = i.digest AND q.operation = 1 AND q.outcome IN (0, 1)
			AND q.at >= now - make_interval(secs => i.guard_s)
			ORDER BY q.request_id DESC LIMIT 1) g ON true) j
$$;
COMMENT ON FUNCTION tegata.issue_verdict(timestamptz, boolean, boolean, uuid[], bigint[], text[], bigint[], bigint[], bigint[], int[], text[], boolean[])
	IS 'What is for or against each issue by itself, and what that was decided from';
