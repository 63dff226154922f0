-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Accounts, and the spendable value held, a row a currency; one row with
-- currency NULL where there is neither.
--
-- Locks nothing, writes nothing.
--
-- Outcomes in precedence: terminal_unknown, terminal_blocked,
-- terminal_quarantined, terminal_retired, ok.
CREATE OR REPLACE FUNCTION tegata.account_balance(terminal_ids bigint[])
RETURNS TABLE (ord int, outcome smallint, currency text, postpaid boolean, balance bigint,
	credit bigint, held bigint, held_count bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
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
	v_now timestamptz := clock_timestamp();
BEGIN
	RETURN QUERY
	SELECT i.ord, i.outcome, b.currency, coalesce(b.mode = 2, false),
		CASE b.mode WHEN 2 THEN b.accrued - b.balance ELSE coalesce(b.balance, 0) END,
		CASE b.mode WHEN 2 THEN b.credit_limit ELSE 0 END,
		coalesce(b.held, 0)::bigint, coalesce(b.held_count, 0)
	FROM (SELECT i.ord::int, i.terminal_id, actor_outcome(t.status, NULL, v_now) AS outcome
		FROM unnest(terminal_ids) WITH ORDINALITY AS i(terminal_id, ord)
		LEFT JOIN terminal t ON t.terminal_id = i.terminal_id) i
	LEFT JOIN LATERAL (
		SELECT q.currency, max(q.mode) AS mode, max(q.balance) AS balance,
			max(q.accrued) AS accrued, max(q.credit_limit) AS credit_limit,
			sum(q.held) AS held, sum(q.held_count)::bigint AS held_count
		FROM (SELECT a.currency, a.mode, a.balance, a.accrued, a.credit_limit,
				0::bigint AS held, 0 AS held_count
			FROM account a
			WHERE i.outcome = 0 AND a.home = (i.terminal_id & 63)::smallint
			AND a.terminal_id = i.terminal_id
			UNION ALL
			SELECT v.currency, NULL, NULL, NULL, NULL, v.amount, 1
			FROM value v
			WHERE i.outcome = 0 AND v.owner_id = i.terminal_id AND v.state = 1
			AND (v.expires_at > v_now) IS NOT FALSE) q
		GROUP BY q.currency) b ON true
	ORDER BY i.ord, b.currency;
END
$$;
COMMENT ON FUNCTION tegata.account_balance(bigint[]) IS 'Accounts and spendable value of a terminal, by currency';
