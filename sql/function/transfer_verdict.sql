-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What value_transfer and value_transfer_quote decide, apart from what may be
-- held: one row a request, with all that the decision was made from.  Locks
-- nothing; inlined by the planner into the caller's statement.
--
-- locked_rows: did the caller lock the value for this request?  NULL: it does not
-- mean to (a quote).
-- early: the outcome, in the precedence of value_transfer; NULL: nothing is
-- against it so far.
SET LOCAL check_function_bodies = off; -- what it calls comes elsewhere in the alphabet
CREATE OR REPLACE FUNCTION tegata.transfer_verdict(now timestamptz, maintenance boolean,
	request_ids uuid[], terminal_ids bigint[], value_ids bigint[], transferee_ids bigint[],
	transferees text[], refs text[], guards_s int[], links text[], locked_rows boolean[])
RETURNS TABLE (ord int, request_id uuid, terminal_id bigint, home smallint, value_id bigint,
	reference text, link text, digest bytea, known boolean, same boolean,
	r_outcome smallint, r_amount bigint, r_currency text, r_expires_at timestamptz,
	r_at timestamptz, r_peer_id bigint, r_peer text, g_at timestamptz, owned boolean,
	amount bigint, currency text, expires_at timestamptz, version int, product_id smallint,
	te_id bigint, te_kind smallint, te_address text, te_name text, early smallint)
LANGUAGE sql STABLE
AS $$
	SELECT j.ord, j.request_id, j.terminal_id, j.home, j.value_id, j.reference, j.link, j.digest,
		j.known, j.same, j.r_outcome, j.r_amount, j.r_currency, j.r_expires_at, j.r_at, j.r_peer_id,
		j.r_peer, j.g_at, j.owned, j.amount, j.currency, j.expires_at, j.version, j.product_id,
		j.te_id, j.te_kind, j.te_address, j.te_name,
		CASE
			WHEN j.known THEN CASE WHEN j.same THEN j.r_outcome
				ELSE tegata.outcome_code('request_conflict') END
			WHEN maintenance THEN tegata.outcome_code('maintenance')
			WHEN j.locked IS NOT NULL AND (j.nth_request > 1 OR j.nth_value > 1)
				THEN tegata.outcome_code('again')
			WHEN j.actor <> 0 THEN j.actor
			WHEN j.g_at IS NOT NULL THEN tegata.outcome_code('repeat_suspected')
			WHEN NOT j.owned THEN tegata.outcome_code('not_owner')
			WHEN NOT j.locked THEN tegata.outcome_code('again')
			WHEN j.state = 4 OR (j.state = 1 AND j.expires_at <= now)
				THEN tegata.outcome_code('value_expired')
			WHEN j.state <> 1 THEN tegata.outcome_code('value_state')
			WHEN j.te_id IS NULL OR j.te_status = 4 THEN tegata.outcome_code('transferee_unknown')
			WHEN j.te_status <> 1 THEN tegata.outcome_code('transferee_blocked')
			WHEN j.te_id = j.terminal_id THEN tegata.outcome_code('transferee_self')
		END
	FROM (SELECT i.*, r.actor_id IS NOT NULL AS known, r.digest = i.digest AND r.operation = 2 AS same,
			r.outcome AS r_outcome, r.amount AS r_amount, r.currency AS r_currency,
			r.expires_at AS r_expires_at, r.at AS r_at, r.peer_id AS r_peer_id, r.peer AS r_peer,
			g.at AS g_at, coalesce(v.owner_id = i.terminal_id, false) AS owned,
			v.amount, v.currency, v.expires_at, v.version, v.product_id, v.state,
			te.terminal_id AS te_id, te.kind AS te_kind, te.address AS te_address,
			te.name AS te_name, te.status AS te_status,
			tegata.actor_outcome(t.status, t.frozen_until, now) AS actor,
			row_number() OVER (PARTITION BY i.terminal_id, i.request_id ORDER BY i.ord) AS nth_request,
			row_number() OVER (PARTITION BY i.terminal_id, i.value_id, r.actor_id IS NOT NULL
				ORDER BY i.ord) AS nth_value
		FROM (SELECT i.*, ((i.value_id >> 42) & 63)::smallint AS home,
				tegata.request_digest(concat_ws(E'\x1f', 'transfer', i.value_id,
					coalesce(i.transferee, ''), coalesce(i.reference, ''))) AS digest
			FROM (SELECT i.ord::int, i.request_id, i.terminal_id, i.value_id,
					coalesce(i.transferee_id, 0) AS transferee_id, i.transferee, i.reference,
					coalesce(i.guard_s, 0) AS guard_s, i.link, i.locked
				FROM unnest(request_ids, terminal_ids, value_ids, transferee_ids, transferees,
					refs, guards_s, links, locked_rows) WITH ORDINALITY
					AS i(request_id, terminal_id, value_id, transferee_id, transferee,
						reference, guard_s, link, locked, ord)) i) i
		LEFT JOIN tegata.request r ON r.actor_id = i.terminal_id AND r.request_id = i.request_id
		LEFT JOIN tegata.terminal t ON t.terminal_id = i.terminal_id
		LEFT JOIN tegata.value v ON v.home = i.home AND v.value_id = i.value_id
		LEFT JOIN LATERAL (
			SELECT t.* FROM tegata.terminal t
			WHERE t.terminal_id = coalesce(r.peer_id, nullif(i.transferee_id, 0))
			UNION ALL
			SELECT t.* FROM tegata.terminal t
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
			ORDER BY q.request_id DESC LIMIT 1) g ON true) j
$$;
COMMENT ON FUNCTION tegata.transfer_verdict(timestamptz, boolean, uuid[], bigint[], bigint[], bigint[], text[], text[], int[], text[], boolean[])
	IS 'What a transfer would meet, and what that was decided from';
