-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- One value's life in the order in which it happened: what was done to it and who
-- asked (journal), what was charged (charge), what was answered (request; of those
-- who owned it, refusals too), what was told and asked by SMS (audit.texts_about), what operators did
-- to it and to its owner while he owned it (operator_act), and which seal covers
-- each.  No row: there is no such value.
--
-- Locks nothing; being asked is not journalled.
CREATE OR REPLACE FUNCTION tegata.operator_explain_value(value_id bigint)
RETURNS TABLE (at timestamptz, event text, who text, detail text, amount bigint, currency text,
	outcome smallint, link text, request_id uuid, seal bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_id bigint := operator_explain_value.value_id;
	v_home smallint := (v_id >> 42) & 63;
BEGIN
	RETURN QUERY
	WITH history AS MATERIALIZED (
		SELECT j.*, lead(j.at) OVER (ORDER BY j.version) AS until
		FROM journal j WHERE j.home = v_home AND j.value_id = v_id
	), owner AS MATERIALIZED (
		SELECT h.owner_id, min(h.at) AS since, max(coalesce(h.until, 'infinity')) AS until
		FROM history h GROUP BY h.owner_id
	), life AS (
		SELECT h.at, 1 AS rank, h.version,
			(ARRAY['issued', 'transferred', 'settled', 'swapped', 'lapsed'])[h.operation] AS event,
			coalesce(a.address, 'operator or system') AS who,
			format('version %s, owner %s, %s%s', h.version, o.address,
				(ARRAY['pending', 'active', 'reserved', 'converted', 'expired', 'revoked'])[h.state + 1],
				', reference ' || h.reference) AS detail,
			CASE h.version WHEN 1 THEN v.amount END AS amount, v.currency,
			NULL::smallint AS outcome, h.link, h.request_id, h.xact
		FROM history h
		LEFT JOIN value v ON v.home = v_home AND v.value_id = v_id
		LEFT JOIN terminal a ON a.terminal_id = h.actor_id
		LEFT JOIN terminal o ON o.terminal_id = h.owner_id
		UNION ALL
		SELECT c.at, 2, c.version, 'charged', NULL,
			format('%s: %s to %s', (ARRAY['issue', 'fee', 'transfer', 'conversion', 'refund',
					'breakage', 'top_up', 'swap', 'write_off'])[c.kind],
				coalesce(dc.name, dt.address, c.debit_account::text),
				coalesce(cc.name, ct.address, c.credit_account::text)),
			c.amount, c.currency, NULL, NULL, NULL, c.xact
		FROM charge c
		LEFT JOIN carrier_account dc ON dc.account_id = c.debit_account
		LEFT JOIN terminal dt ON dt.terminal_id = c.debit_account
		LEFT JOIN carrier_account cc ON cc.account_id = c.credit_account
		LEFT JOIN terminal ct ON ct.terminal_id = c.credit_account
		WHERE c.home = v_home AND c.cause_id = v_id
		UNION ALL
		SELECT r.at, 3, coalesce(r.version, 0), 'told', t.address,
			format('answer to %s%s', (ARRAY['issue', 'transfer'])[r.operation], ' to ' || r.peer),
			r.amount, r.currency, r.outcome, NULL, r.request_id, NULL
		FROM owner w
		JOIN request r ON r.actor_id = w.owner_id AND r.value_id = v_id
		LEFT JOIN terminal t ON t.terminal_id = r.actor_id
		UNION ALL
		SELECT m.at, 4, coalesce(x.version, 0), m.event, x.number, m.detail, NULL, NULL, NULL, x.link,
			x.request_id, NULL
		FROM audit.texts_about(value_id_text(v_id)) x
		JOIN outbox o ON o.message_id = x.message_id
		CROSS JOIN LATERAL (SELECT concat_ws(', ', 'text ' || x.kind, 'question ' || x.question_id,
			'message ' || x.message_id) AS name) n
		CROSS JOIN LATERAL (VALUES
			(x.created_at, 'to be sent', format('%s, tried %s times%s', n.name, x.attempts,
				CASE o.state WHEN 0 THEN format(', next at %s', o.next_at)
					WHEN 3 THEN ', never: ' || coalesce(x.error, 'no reason known') END)),
			(x.sent_at, 'sent', n.name),
			(x.told_at, 'told', n.name || ': it arrived')) AS m(at, event, detail)
		WHERE m.at IS NOT NULL
		UNION ALL
		SELECT a.at, 0, 0, 'operator', a.operator,
			format('%s of %s: %s', a.act, t.address, a.reason), NULL, NULL, a.outcome, NULL, NULL, a.xact
		FROM owner w
		JOIN operator_act a ON a.terminal_id = w.owner_id
			AND a.at >= w.since AND a.at <= w.until + interval '1 minute'
		LEFT JOIN terminal t ON t.terminal_id = a.terminal_id
	)
	SELECT l.at, l.event, l.who, l.detail, l.amount, l.currency, l.outcome, l.link, l.request_id,
		(SELECT s.number FROM seal s WHERE s.to_xact > l.xact AND s.from_xact <= l.xact
			ORDER BY s.to_xact, s.number LIMIT 1)
	FROM life l ORDER BY l.at, l.rank, l.version;
END
$$;
COMMENT ON FUNCTION tegata.operator_explain_value(bigint) IS 'One value''s life, in order';
