-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- One value explained: itself, its whole history, its money.  NULL where there
-- is none.  Locks nothing; being asked is not journalled.
CREATE OR REPLACE FUNCTION tegata.operator_show_value(value_id bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	v_id bigint := operator_show_value.value_id;
	v_home smallint := (v_id >> 42) & 63;
	v_states text[] := ARRAY['pending', 'active', 'reserved', 'converted', 'expired', 'revoked'];
BEGIN
	RETURN (SELECT jsonb_strip_nulls(to_jsonb(v) || jsonb_build_object(
		'value_id', value_id_text(v.value_id), 'state', v_states[v.state + 1],
		'product', (SELECT p.code FROM product p WHERE p.product_id = v.product_id),
		'issuer', (SELECT t.address FROM terminal t WHERE t.terminal_id = v.issuer_id),
		'owner', (SELECT t.address FROM terminal t WHERE t.terminal_id = v.owner_id),
		'spendable', v.state = 1 AND (v.expires_at > clock_timestamp()) IS NOT FALSE,
		'history', (SELECT jsonb_agg(jsonb_build_object('version', j.version, 'at', j.at,
				'operation', (ARRAY['issue', 'transfer', 'settle', 'swap', 'lapse'])[j.operation],
				'state', v_states[j.state + 1], 'actor', a.address, 'owner', o.address,
				'owner_id', j.owner_id, 'request_id', j.request_id, 'link', j.link,
				'reference', j.reference) ORDER BY j.version)
			FROM journal j
			LEFT JOIN terminal a ON a.terminal_id = j.actor_id
			LEFT JOIN terminal o ON o.terminal_id = j.owner_id
			WHERE j.home = v_home AND j.value_id = v_id),
		'charges', (SELECT jsonb_agg(jsonb_build_object('version', c.version, 'at', c.at,
				'kind', (ARRAY['issue', 'fee', 'transfer', 'conversion', 'refund', 'breakage',
					'top_up', 'swap', 'write_off'])[c.kind],
				'debit', coalesce((SELECT n.name FROM carrier_account n
					WHERE n.account_id = c.debit_account), terminal_address_at(c.debit_account, c.at),
					c.debit_account::text),
				'credit', coalesce((SELECT n.name FROM carrier_account n
					WHERE n.account_id = c.credit_account), terminal_address_at(c.credit_account, c.at),
					c.credit_account::text),
				'amount', c.amount, 'currency', c.currency) ORDER BY c.version, c.kind)
			FROM charge c WHERE c.home = v_home AND c.cause_id = v_id)))
	FROM value v WHERE v.home = v_home AND v.value_id = v_id);
END
$$;
COMMENT ON FUNCTION tegata.operator_show_value(bigint) IS 'One value, its history and its money';
