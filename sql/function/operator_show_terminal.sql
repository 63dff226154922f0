-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Every terminal that has or had a number, or the shop of a code, newest first:
-- itself, accounts, how it stands with its PIN, what it owns, its last requests, what
-- operators did to it.  NULL where there is none.  Locks nothing; being asked is not journalled.
CREATE OR REPLACE FUNCTION tegata.operator_show_terminal(number text) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	RETURN (SELECT jsonb_agg(
		jsonb_strip_nulls(to_jsonb(t) || jsonb_build_object(
			'kind', CASE t.kind WHEN 1 THEN 'portable' ELSE 'server' END,
			'status', (ARRAY['active', 'blocked', 'quarantined', 'retired'])[t.status],
			'pin', coalesce((SELECT jsonb_build_object('state', CASE WHEN p.blocked_at IS NULL
						THEN 'set' ELSE 'blocked' END, 'set_at', p.set_at, 'blocked_at', p.blocked_at,
					'wrong_tries', p.tries)
				FROM terminal_pin p WHERE p.home = t.home AND p.terminal_id = t.terminal_id),
				CASE t.kind WHEN 1 THEN jsonb_build_object('state', 'not set') END),
			'accounts', (SELECT jsonb_agg(jsonb_build_object('currency', a.currency,
					'mode', (ARRAY['prepaid', 'postpaid'])[a.mode], 'balance', a.balance,
					'accrued', a.accrued, 'credit_limit', a.credit_limit) ORDER BY a.currency)
				FROM account a WHERE a.home = t.home AND a.terminal_id = t.terminal_id),
			'owns', (SELECT jsonb_agg(to_jsonb(o)) FROM (SELECT v.currency,
					(ARRAY['pending', 'active', 'reserved', 'converted', 'expired', 'revoked'])
						[v.state + 1] AS state, count(*), sum(v.amount) AS amount
				FROM value v WHERE v.owner_id = t.terminal_id GROUP BY 1, 2 ORDER BY 1, 2) o),
			'values', (SELECT jsonb_agg(to_jsonb(w)) FROM (SELECT value_id_text(v.value_id)
					AS value_id, v.amount, v.currency, v.owner_since, v.expires_at
				FROM value v WHERE v.owner_id = t.terminal_id ORDER BY v.value_id DESC LIMIT 50) w),
			'requests', (SELECT jsonb_agg(to_jsonb(q) - 'digest' - 'actor_id' - 'home' - 'peer_id'
					|| jsonb_build_object('value_id', value_id_text(q.value_id),
					'operation', (ARRAY['issue', 'transfer'])[q.operation],
					'done', (q.outcome = 0)))
				FROM (SELECT r.* FROM request r WHERE r.actor_id = t.terminal_id
					ORDER BY r.request_id DESC LIMIT 20) q),
			'keys', (SELECT jsonb_agg(to_jsonb(k) - 'terminal_id' - 'digest' ORDER BY k.created_at)
				FROM shop_key k WHERE k.terminal_id = t.terminal_id),
			'acts', (SELECT jsonb_agg(to_jsonb(o) - 'xact' - 'terminal_id')
				FROM (SELECT a.* FROM operator_act a WHERE a.terminal_id = t.terminal_id
					ORDER BY a.act_id DESC LIMIT 50) o)))
		ORDER BY t.created_at DESC)
	FROM terminal t WHERE t.address = number);
END
$$;
COMMENT ON FUNCTION tegata.operator_show_terminal(text) IS 'All about the terminals that have or had a number';
