-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Values, money, answers and messages against each other, in each currency, at the
-- one snapshot of the calling statement.  A row each kind and currency, those that
-- agree too; amounts in minor units.  difference = found - expected; objects: how
-- many values, accounts, ... differ, because differences of both signs cancel.
--
--   kind         expected                           found
--   issue        values that were to be charged     issue charges
--   circulation  active, reserved, unbooked expired balance of account circulation
--   balance      sums of movements                  stored balances
--   fee          as told, where the answer is kept  fee charges
--   pending      values that wait for their charge  requests that say so
--   request      values that requests changed       values whose requests say so (30 days)
--   owner        values                             those that are as the journal's last row
--   outbox       values that messages speak of      messages
--   top_up       operators' top-ups                 top-up movements
--   settlement   operators' settlements, reversals  their movements
--
-- Reads every table once or twice; locks nothing, writes nothing.
CREATE OR REPLACE FUNCTION audit.reconcile()
RETURNS TABLE (kind text, currency text, expected numeric, found numeric, difference numeric, objects bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
SET work_mem = '32MB'
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	-- Not of the transaction's beginning: answers may have been forgotten since.
	v_kept timestamptz := clock_timestamp() - interval '30 days';
BEGIN
	RETURN QUERY
	SELECT k.kind, k.currency, coalesce(sum(k.expected), 0), coalesce(sum(k.found), 0),
		coalesce(sum(k.found), 0) - coalesce(sum(k.expected), 0),
		count(*) FILTER (WHERE coalesce(k.expected, 0) <> coalesce(k.found, 0))
	FROM (
		SELECT 'issue' AS kind, coalesce(v.currency, c.currency) AS currency, v.amount::numeric AS expected,
			c.amount::numeric AS found
		FROM (SELECT v.home, v.value_id, v.currency, v.amount FROM value v
			WHERE v.policy = 1 OR EXISTS (SELECT FROM journal j WHERE j.home = v.home
				AND j.value_id = v.value_id AND j.operation = 3 AND j.state = 1)) v
		FULL JOIN (SELECT c.home, c.cause_id, c.currency, sum(c.amount) AS amount FROM charge c
			WHERE c.kind = 1 GROUP BY 1, 2, 3) c
			ON c.home = v.home AND c.cause_id = v.value_id AND c.currency = v.currency
		UNION ALL
		SELECT 'circulation', coalesce(v.currency, c.currency), v.amount, c.amount
		FROM (SELECT v.currency, sum(v.amount) AS amount FROM value v
			WHERE v.state IN (1, 2) OR (v.state = 4 AND NOT EXISTS (SELECT FROM charge b
				WHERE b.home = v.home AND b.cause_id = v.value_id AND b.kind = 6))
			GROUP BY 1) v
		FULL JOIN (SELECT m.currency, sum(CASE WHEN m.credit_account = -1 THEN m.amount ELSE -m.amount END) AS amount
			FROM charge m WHERE -1 IN (m.credit_account, m.debit_account) GROUP BY 1) c
			ON c.currency = v.currency
		UNION ALL
		SELECT 'balance', coalesce(a.currency, m.currency), m.amount, (a.balance - a.accrued)
		FROM account a
		FULL JOIN (SELECT m.account_id, m.currency, sum(m.amount) AS amount
			FROM (SELECT c.credit_account AS account_id, c.currency, c.amount FROM charge c WHERE c.credit_account > 0
				UNION ALL SELECT c.debit_account, c.currency, -c.amount FROM charge c WHERE c.debit_account > 0) m
			GROUP BY 1, 2) m ON m.account_id = a.terminal_id AND m.currency = a.currency
		UNION ALL
		SELECT 'fee', r.currency, r.fee, coalesce(c.amount, 0)
		FROM request r
		LEFT JOIN charge c ON c.home = r.home AND c.cause_id = r.value_id AND c.kind = 2 AND c.version > 0
		WHERE r.operation = 1 AND r.outcome = 0
		UNION ALL
		SELECT 'pending', coalesce(v.currency, r.currency), v.amount, r.amount
		FROM (SELECT v.home, v.value_id, v.currency, v.amount FROM value v WHERE v.state = 0) v
		FULL JOIN (SELECT r.home, r.value_id, r.currency, r.amount FROM request r
			WHERE r.outcome = 1 AND r.version IS NOT NULL) r
			ON r.home = v.home AND r.value_id = v.value_id
		UNION ALL
		SELECT 'request', coalesce(v.currency, r.currency), v.amount, r.amount
		FROM (SELECT r.actor_id, r.request_id, r.currency, r.amount, r.value_id, r.version FROM request r
			WHERE r.version IS NOT NULL) r
		FULL JOIN (SELECT j.actor_id, j.request_id, j.value_id, j.version, v.currency, v.amount FROM journal j
			JOIN value v ON v.home = j.home AND v.value_id = j.value_id
			WHERE j.actor_id IS NOT NULL) v
			ON v.actor_id = r.actor_id AND v.request_id = r.request_id AND v.value_id = r.value_id
			AND v.version = r.version
		-- An answer is kept for 30 days; what it did stays.
		WHERE r.actor_id IS NOT NULL OR EXISTS (SELECT FROM journal j WHERE j.home = ((v.value_id >> 42) & 63)::smallint
			AND j.value_id = v.value_id AND j.version = v.version AND j.at > v_kept)
		UNION ALL
		SELECT 'owner', v.currency, v.amount, CASE WHEN j.owner_id = v.owner_id AND j.state = v.state THEN v.amount END
		FROM value v
		LEFT JOIN journal j ON j.home = v.home AND j.value_id = v.value_id AND j.version = v.version
		UNION ALL
		SELECT 'outbox', coalesce(o.arguments->>'currency', v.currency), CASE WHEN j.value_id IS NOT NULL THEN v.amount END,
			(o.arguments->>'amount')::numeric
		FROM outbox o
		LEFT JOIN value v ON v.home = o.home AND v.value_id = o.cause_id
		LEFT JOIN journal j ON j.home = o.home AND j.value_id = o.cause_id AND j.version = o.version
		WHERE o.cause = 1
		UNION ALL
		SELECT CASE WHEN coalesce(o.act, CASE c.kind WHEN 7 THEN 'top_up' END) = 'top_up' THEN 'top_up'
				ELSE 'settlement' END,
			coalesce(c.currency, o.currency), o.amount, c.amount
		FROM (SELECT o.cause_id, o.act, o.arguments->>'currency' AS currency,
				(o.arguments->>'amount')::numeric AS amount
			FROM operator_act o WHERE o.cause_id IS NOT NULL) o
		FULL JOIN (SELECT c.cause_id, c.kind, c.currency, c.amount FROM charge c
			WHERE c.version = 0 AND c.kind IN (5, 7, 9)) c ON c.cause_id = o.cause_id AND c.currency = o.currency
		) k
	GROUP BY k.kind, k.currency
	ORDER BY k.kind, k.currency;
END
$$;
COMMENT ON FUNCTION audit.reconcile() IS 'Compares values, charges, accounts, requests and outbox at one snapshot';
