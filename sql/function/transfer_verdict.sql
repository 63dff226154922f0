-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What value_transfer and value_transfer_quote decide, apart from what may be
-- held: one row a request, with what is to be written and answered.  Locks
-- nothing; inlined by the planner into the caller's statement, which costs it by
-- the column.
--
-- tids, versions, products, states, amounts, currencies, expiries: of the value,
-- where the terminal owns it; else NULL.  A tid is NULL also where the caller could
-- not lock it: again.  No array of tids: he does not mean to lock (a quote).  seconds: is it the second of its
-- batch with this request id or value?  helds: what transfer_held says; passed through.
-- early: the outcome, in the precedence of value_transfer; NULL: nothing is
-- against it so far.  Where the request was answered before (same), amount,
-- currency, expires_at, at and the transferee are of that answer; else at is of
-- the transfer that this one seems to repeat, and the others are NULL where the
-- terminal does not own the value.
SET LOCAL check_function_bodies = off; -- what it calls comes elsewhere in the alphabet
CREATE OR REPLACE FUNCTION tegata.transfer_verdict(now timestamptz, maintenance boolean,
	request_ids uuid[], terminal_ids bigint[], value_ids bigint[],
	transferee_ids bigint[], transferees text[], refs text[],
	guards_s int[], links text[], tids tid[], versions int[], products smallint[],
	states smallint[], amounts bigint[], currencies text[], expiries timestamptz[],
	seconds boolean[], helds smallint[])
RETURNS TABLE (ord int, request_id uuid, terminal_id bigint, home smallint, value_id bigint,
	reference text, link text, digest bytea, known boolean, same boolean, owned boolean,
	amount bigint, currency text, expires_at timestamptz, at timestamptz, tid tid, version int,
	product_id smallint, te_id bigint, te_kind smallint, te_address text, te_name text,
	held smallint, early smallint)
LANGUAGE sql STABLE
AS $$
	SELECT j.ord, j.request_id, j.terminal_id, j.home, j.value_id, j.reference, j.link, j.digest,
		j.known, j.same, j.owned, j.amount, j.currency, j.expires_at, j.at, j.tid, j.version,
		j.product_id,
		j.shown_id, j.te_kind, j.shown_address, j.shown_name, j.held,
		CASE
			WHEN j.known THEN CASE WHEN j.same THEN j.r_outcome
				ELSE tegata.outcome_code('request_conflict') END
			WHEN maintenance THEN tegata.outcome_code('maintenance')
			WHEN j.second THEN tegata.outcome_code('again')
			WHEN j.actor <> 0 THEN j.actor
			WHEN j.at IS NOT NULL THEN tegata.outcome_code('repeat_suspected')
			WHEN NOT j.owned THEN tegata.outcome_code('not_owner')
			WHEN tids IS NOT NULL AND j.tid IS NULL THEN tegata.outcome_code('again')
			WHEN j.state = 4 OR (j.state = 1 AND j.expires_at <= now)
				THEN tegata.outcome_code('value_expired')
			WHEN j.state <> 1 THEN tegata.outcome_code('value_state')
			WHEN j.te_id IS NULL OR j.te_status = 4 THEN tegata.outcome_code('transferee_unknown')
			WHEN j.te_status <> 1 THEN tegata.outcome_code('transferee_blocked')
			WHEN j.te_id = j.terminal_id THEN tegata.outcome_code('transferee_self')
		END
	FROM (SELECT i.ord, i.request_id, i.terminal_id, i.home, i.value_id, i.reference, i.link,
			i.digest, i.second, i.held, i.tid, k.known, k.same, r.outcome AS r_outcome,
			i.version IS NOT NULL AS owned, i.version, i.product_id, i.state,
			CASE WHEN k.same THEN r.amount ELSE i.amount END AS amount,
			CASE WHEN k.same THEN r.currency ELSE i.currency END AS currency,
			CASE WHEN k.same THEN r.expires_at ELSE i.expires_at END AS expires_at,
			CASE WHEN k.same THEN r.at ELSE g.at END AS at,
			te.terminal_id AS te_id, te.kind AS te_kind, te.status AS te_status,
			CASE WHEN k.same THEN r.peer_id WHEN i.version IS NOT NULL THEN te.terminal_id END
				AS shown_id,
			CASE WHEN k.same THEN r.peer WHEN i.version IS NOT NULL THEN te.address END
				AS shown_address,
			CASE WHEN k.same AND r.peer_id IS NOT NULL OR NOT k.same AND i.version IS NOT NULL
				THEN te.name END AS shown_name,
			tegata.actor_outcome(t.status, t.frozen_until, now) AS actor
		FROM (SELECT i.ord::int, i.request_id, i.terminal_id, i.value_id,
				coalesce(i.transferee_id, 0) AS transferee_id, i.transferee, i.reference,
				coalesce(i.guard_s, 0) AS guard_s, i.link, i.second, i.held, i.tid, i.version,
				i.product_id, i.state, i.amount, i.currency, i.expires_at,
				((i.value_id >> 42) & 63)::smallint AS home,
				tegata.request_digest(concat_ws(E'\x1f', 'transfer', i.value_id,
					coalesce(i.transferee, ''), coalesce(i.reference, ''))) AS digest
			FROM unnest(request_ids, terminal_ids, value_ids, transferee_ids, transferees,
				refs, guards_s, links, tids, versions, products, states, amounts, currencies,
				expiries, seconds, helds) WITH ORDINALITY
				AS i(request_id, terminal_id, value_id, transferee_id, transferee,
					reference, guard_s, link, tid, version, product_id, state, amount, currency,
					expires_at, second, held, ord)) i
		LEFT JOIN tegata.request r ON r.actor_id = i.terminal_id AND r.request_id = i.request_id
		CROSS JOIN LATERAL (SELECT r.actor_id IS NOT NULL AS known,
			r.actor_id IS NOT NULL AND r.operation = 2 AND r.digest = i.digest AS same) k
		LEFT JOIN tegata.terminal t ON t.terminal_id = i.terminal_id
		LEFT JOIN LATERAL (
			SELECT t.terminal_id, t.kind, t.status, t.address, t.name FROM tegata.terminal t
			WHERE t.terminal_id = coalesce(r.peer_id, nullif(i.transferee_id, 0))
			UNION ALL
			SELECT t.terminal_id, t.kind, t.status, t.address, t.name FROM tegata.terminal t
			WHERE i.transferee_id = 0 AND r.peer_id IS NULL
				AND t.address = i.transferee AND t.status IN (1, 2)) te ON true
		LEFT JOIN LATERAL (
			SELECT q.at FROM tegata.request q
			WHERE i.guard_s > 0 AND q.actor_id = i.terminal_id
			-- An id is minted a while before it is used: in a menu, half a minute.
			AND q.request_id >= tegata.request_id_floor(now - make_interval(secs => i.guard_s + 600))
			AND q.operation = 2 AND q.outcome = 0 AND q.value_id = i.value_id
			AND (q.peer_id = i.transferee_id OR q.peer = i.transferee)
			AND q.at >= now - make_interval(secs => i.guard_s)
			ORDER BY q.request_id DESC LIMIT 1) g ON true
		-- Each column is worked out once.
		OFFSET 0) j
	OFFSET 0
$$;
COMMENT ON FUNCTION tegata.transfer_verdict(timestamptz, boolean, uuid[], bigint[], bigint[], bigint[], text[], text[], int[], text[], tid[], int[], smallint[], smallint[], bigint[], text[], timestamptz[], boolean[], smallint[])
	IS 'What a transfer would meet, and what is to be written and answered';
