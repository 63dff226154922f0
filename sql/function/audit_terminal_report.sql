-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Everything about one number in [since, until): whoever had it at any time of
-- that period, as one terminal or as several, and all that they did, were given,
-- lost, paid, were refused, had done to them and were told by SMS, in the order of
-- time.  Refusals are there for 30 days, texts for 7.  Amounts in minor units.
--
-- Reads the journal of the period by its index of ranges and texts by their numbers,
-- so a period costs what happened in it; the rest by keys.  Locks nothing.
CREATE OR REPLACE FUNCTION audit.terminal_report(number text, since timestamptz, until timestamptz)
RETURNS TABLE (at timestamptz, terminal_id bigint, what text, outcome text, value_id text, amount bigint,
	currency text, other text, request_id uuid, link text, detail text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET plan_cache_mode = force_custom_plan
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	v_ids bigint[] := ARRAY(SELECT h.terminal_id FROM terminal_holders(terminal_report.number,
		terminal_report.since, terminal_report.until) h);
	v_texts bigint[] := ARRAY(SELECT o.message_id FROM outbox o
		WHERE o.message_id >= outbox_first(terminal_report.since) AND o.kind = 1
			AND (o.terminal_id = ANY (v_ids) OR o.address = terminal_report.number)
			AND o.created_at >= terminal_report.since AND o.created_at < terminal_report.until);
BEGIN
	RETURN QUERY
	WITH j AS MATERIALIZED (
		SELECT j.*, v.amount, v.currency, (SELECT b.owner_id FROM journal b WHERE b.home = j.home
				AND b.value_id = j.value_id AND b.version = j.version - 1) AS owner_was
		FROM journal j
		JOIN value v ON v.home = j.home AND v.value_id = j.value_id
		WHERE j.at >= terminal_report.since AND j.at < terminal_report.until
			AND (j.owner_id = ANY (v_ids) OR j.actor_id = ANY (v_ids) OR j.operation = 4)
	), mine AS (
		SELECT j.*, i.id FROM j
		JOIN unnest(v_ids) AS i(id) ON i.id IN (j.owner_id, j.actor_id, j.owner_was)
	), paid AS (
		SELECT c.*, m.id FROM (SELECT DISTINCT home, value_id, version, id FROM mine) m
		JOIN charge c ON c.home = m.home AND c.cause_id = m.value_id AND c.version = m.version
			AND m.id IN (c.debit_account, c.credit_account)
	), text AS (
		SELECT m.* FROM audit.text m WHERE m.message_id = ANY (v_texts)
	), act AS (
		SELECT o.* FROM operator_act o WHERE o.terminal_id = ANY (v_ids)
			AND o.at >= terminal_report.since AND o.at < terminal_report.until
	)
	SELECT e.at, e.id, e.what, e.outcome, value_id_text(e.value_id), e.amount, e.currency,
		CASE WHEN e.other < 0 THEN (SELECT n.name FROM carrier_account n WHERE n.account_id = e.other)
			ELSE terminal_address_at(e.other, e.at) END,
		e.request_id, e.link, e.detail
	FROM (
		SELECT m.at, m.id, CASE
				WHEN m.operation = 2 AND m.owner_was = m.id THEN 'gave away'
				WHEN m.operation = 4 AND m.owner_was = m.id THEN 'lost by a SIM swap'
				WHEN m.operation = 2 THEN 'received'
				WHEN m.operation = 4 THEN 'received by a SIM swap'
				ELSE (ARRAY['issue', '', 'settle', '', 'lapse'])[m.operation]
			END AS what, 'done' AS outcome, m.value_id, m.amount, m.currency,
			CASE WHEN m.owner_was IS DISTINCT FROM m.owner_id
				THEN CASE m.id WHEN m.owner_id THEN m.owner_was ELSE m.owner_id END END AS other,
			m.request_id, m.link, text_redact(m.reference) AS detail
		FROM mine m
		UNION ALL
		SELECT p.at, p.id, CASE p.id WHEN p.debit_account THEN 'paid ' ELSE 'was paid ' END
			|| (ARRAY['issue', 'fee', 'transfer', 'conversion', 'refund', 'breakage', 'top_up', 'swap',
				'write_off'])[p.kind], 'done', p.cause_id, p.amount, p.currency,
			CASE p.id WHEN p.debit_account THEN p.credit_account ELSE p.debit_account END, NULL, NULL, NULL
		FROM paid p
		UNION ALL
		SELECT r.at, r.actor_id, (ARRAY['issue', 'transfer'])[r.operation], 'refused: ' || outcome_name(r.outcome), r.value_id,
			r.amount, r.currency, r.peer_id, r.request_id, NULL, NULL
		FROM request r
		WHERE r.actor_id = ANY (v_ids) AND r.outcome NOT IN (0, 1)
			AND r.at >= terminal_report.since AND r.at < terminal_report.until
		UNION ALL
		SELECT o.at, o.terminal_id, o.act, CASE o.outcome WHEN 0 THEN 'done' WHEN 1 THEN 'waits for approval'
				ELSE 'refused: ' || outcome_name(o.outcome) END, NULL, (o.arguments->>'amount')::bigint,
			o.arguments->>'currency', NULL, NULL,
			concat_ws(', approved by ', o.operator, o.approver), text_redact(o.reason)
		FROM act o
		UNION ALL
		SELECT c.at, o.terminal_id, CASE o.terminal_id WHEN c.debit_account THEN 'paid ' ELSE 'was paid ' END
			|| (ARRAY['issue', 'fee', 'transfer', 'conversion', 'refund', 'breakage', 'top_up', 'swap',
				'write_off'])[c.kind], 'done', NULL, c.amount, c.currency,
			CASE o.terminal_id WHEN c.debit_account THEN c.credit_account ELSE c.debit_account END,
			NULL, NULL, text_redact(o.reference)
		FROM act o
		JOIN charge c ON c.home = ((o.cause_id >> 42) & 63)::smallint AND c.cause_id = o.cause_id
		UNION ALL
		SELECT x.created_at, x.terminal_id, 'text: ' || x.kind, x.state, value_id_parse(x.value_id), NULL,
			NULL, NULL, x.request_id, x.link,
			concat_ws(', ', 'message ' || x.message_id, 'question ' || x.question_id,
				'sent ' || x.sent_at, 'arrived ' || x.told_at,
				CASE WHEN x.sent_at IS NULL THEN format('tried %s times', x.attempts) END, nullif(x.error, ''))
		FROM text x
	) e
	ORDER BY e.at, e.value_id, e.what;
END
$$;
COMMENT ON FUNCTION audit.terminal_report(text, timestamptz, timestamptz)
	IS 'Everything about one number in a period, whoever had it then';
