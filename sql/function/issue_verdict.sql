-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What value_issue decides about each request by itself, before its neighbours
-- of the batch are looked at: one row a request whose crowds is crowded, with
-- what is to be written and answered.  Locks nothing; inlined by the planner into
-- the caller's statement, which costs it by the column.
--
-- helds: what the terminal holds already, where the product limits that.
-- early: the outcome, in the precedence of value_issue; NULL: nothing is against
-- it so far.  alone: the outcome where nothing else of this terminal is in the
-- batch.  room: what may still be held; NULL: any amount.  funds: what may still
-- be spent.  Where the request was answered before (same), value_id, amount, fee,
-- currency, expires_at, at and funds are of that answer; else at and, where at is
-- not NULL, value_id are of the issue that this one seems to repeat.
SET LOCAL check_function_bodies = off; -- what it calls comes elsewhere in the alphabet
CREATE OR REPLACE FUNCTION tegata.issue_verdict(now timestamptz, maintenance boolean, taken boolean,
	request_ids uuid[], terminal_ids bigint[], products text[], amounts bigint[],
	fees bigint[], value_ids bigint[], guards_s int[], links text[], locked_rows boolean[],
	helds bigint[], crowds boolean[], crowded boolean)
RETURNS TABLE (ord int, request_id uuid, terminal_id bigint, home smallint, value_id bigint,
	amount bigint, fee bigint, currency text, expires_at timestamptz, at timestamptz, link text,
	digest bytea, guard_s int, known boolean, same boolean, product_id smallint, policy smallint,
	mode smallint, funds bigint, total bigint, room bigint, early smallint, alone smallint)
LANGUAGE sql STABLE
AS $$
	SELECT e.ord, e.request_id, e.terminal_id, e.home, e.value_id, e.amount, e.fee, e.currency,
		e.expires_at, e.at, e.link, e.digest, e.guard_s, e.known, e.same, e.product_id, e.policy,
		e.mode, e.funds, e.total, e.room, e.early,
		coalesce(e.early, CASE
			WHEN e.amount > e.room THEN tegata.outcome_code('held_exceeded')
			WHEN e.total > e.funds THEN CASE e.mode WHEN 2 THEN tegata.outcome_code('credit_exceeded')
				ELSE tegata.outcome_code('funds_insufficient') END
			WHEN e.policy = 2 THEN tegata.outcome_code('pending')
			ELSE tegata.outcome_code('ok')
		END)
	FROM (SELECT j.*,
			CASE j.policy WHEN 1 THEN j.amount + j.fee ELSE 0 END AS total,
			CASE
				WHEN j.known THEN CASE WHEN j.same THEN j.r_outcome
					ELSE tegata.outcome_code('request_conflict') END
				WHEN maintenance THEN tegata.outcome_code('maintenance')
				WHEN j.actor <> 0 THEN j.actor
				WHEN j.product_id IS NULL THEN tegata.outcome_code('product_unknown')
				WHEN j.fee IS NULL THEN tegata.outcome_code('amount_not_allowed')
				WHEN j.at IS NOT NULL THEN tegata.outcome_code('repeat_suspected')
				WHEN j.agreed_fee <> j.fee THEN tegata.outcome_code('price_changed')
				WHEN j.has_account AND NOT j.locked THEN tegata.outcome_code('again')
				WHEN taken OR j.value_id <= 0 OR (j.value_id >> 42) & 63 <> j.home
					OR abs((j.value_id >> 48) - tegata.value_id_day(now)) > 1
					THEN tegata.outcome_code('value_id_taken')
			END AS early
		FROM (SELECT i.ord, i.request_id, i.terminal_id, i.home, i.link, i.digest, i.guard_s,
				i.agreed_fee, i.locked, k.known, k.same, r.outcome AS r_outcome,
				CASE WHEN k.same THEN r.value_id WHEN g.at IS NOT NULL THEN g.value_id
					ELSE i.value_id END AS value_id,
				CASE WHEN k.same THEN r.amount ELSE i.amount END AS amount,
				CASE WHEN k.same THEN r.fee
					WHEN tegata.product_allows(p.amounts, p.min_amount, p.max_amount, p.step, i.amount)
					THEN p.fee_fixed + (i.amount * p.fee_permille + 999) / 1000 END AS fee,
				CASE WHEN k.same THEN r.currency ELSE p.currency END AS currency,
				CASE WHEN k.same THEN r.expires_at
					ELSE now + make_interval(hours => 24 * p.valid_days) END AS expires_at,
				CASE WHEN k.same THEN r.at ELSE g.at END AS at,
				CASE WHEN k.same THEN r.balance ELSE coalesce(a.balance + CASE WHEN a.mode = 2
					THEN greatest(a.credit_limit - a.accrued, 0) ELSE 0 END, 0) END AS funds,
				p.product_id, p.policy, a.mode, a.terminal_id IS NOT NULL AS has_account,
				p.held_max - i.held AS room,
				tegata.actor_outcome(t.status, t.frozen_until, now) AS actor
			FROM (SELECT i.ord::int, i.request_id, i.terminal_id, i.product, i.amount,
					i.agreed_fee, i.value_id, coalesce(i.guard_s, 0) AS guard_s, i.link, i.locked,
					i.held, (i.terminal_id & 63)::smallint AS home,
					tegata.request_digest(concat_ws(E'\x1f', 'issue', i.product, i.amount)) AS digest
				FROM unnest(request_ids, terminal_ids, products, amounts, fees, value_ids, guards_s,
					links, locked_rows, helds, crowds) WITH ORDINALITY AS i(request_id,
						terminal_id, product, amount, agreed_fee, value_id, guard_s, link, locked,
						held, crowd, ord)
				WHERE i.crowd = crowded) i
			LEFT JOIN tegata.terminal t ON t.terminal_id = i.terminal_id
			LEFT JOIN tegata.product p ON p.code = i.product AND p.on_sale
			LEFT JOIN tegata.account a ON a.home = i.home AND a.terminal_id = i.terminal_id
				AND a.currency = p.currency
			LEFT JOIN tegata.request r ON r.actor_id = i.terminal_id AND r.request_id = i.request_id
			CROSS JOIN LATERAL (SELECT r.actor_id IS NOT NULL AS known,
				r.actor_id IS NOT NULL AND r.operation = 1 AND r.digest = i.digest AS same) k
			LEFT JOIN LATERAL (
				SELECT q.at, q.value_id FROM tegata.request q
				WHERE i.guard_s > 0 AND q.actor_id = i.terminal_id
				-- An id is minted a while before it is used: in a menu, half a minute.
				AND q.request_id >= tegata.request_id_floor(now - make_interval(secs => i.guard_s + 600))
				AND q.digest = i.digest AND q.operation = 1 AND q.outcome IN (0, 1)
				AND q.at >= now - make_interval(secs => i.guard_s)
				ORDER BY q.request_id DESC LIMIT 1) g ON true
			-- Each column is worked out once.
			OFFSET 0) j) e
	OFFSET 0
$$;
COMMENT ON FUNCTION tegata.issue_verdict(timestamptz, boolean, boolean, uuid[], bigint[], text[], bigint[], bigint[], bigint[], int[], text[], boolean[], bigint[], boolean[], boolean)
	IS 'What is for or against each issue by itself, and what it would be';
