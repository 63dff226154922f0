-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Locks the accounts of portable transferees, in the currency of what they are
-- to receive, where its product limits what may be held: two sessions that hand
-- value to one terminal then see each other's.  Accounts that are missing are
-- made first.  products, currencies: of the values, NULL where one is not locked.
--
-- Locks: accounts in the order of their key, skipping those that somebody else
-- has locked.  Returns the terminals whose accounts are all locked by us.
CREATE OR REPLACE FUNCTION tegata.transferee_lock(transferee_ids bigint[], transferees text[],
	products smallint[], currencies text[]) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE
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
	v_terminal_id bigint[];
	v_currency text[];
	v_got text[];
BEGIN
	SELECT array_agg(k.terminal_id), array_agg(k.currency) INTO v_terminal_id, v_currency
	FROM (SELECT DISTINCT t.terminal_id, i.currency
		FROM unnest(transferee_ids, transferees, products, currencies)
			AS i(transferee_id, transferee, product_id, currency)
		JOIN product p ON p.product_id = i.product_id AND p.held_max IS NOT NULL
		JOIN LATERAL (
			SELECT t.terminal_id, t.kind FROM terminal t WHERE t.terminal_id = i.transferee_id
			UNION ALL
			SELECT t.terminal_id, t.kind FROM terminal t
			WHERE coalesce(i.transferee_id, 0) = 0 AND t.address = i.transferee
				AND t.status IN (1, 2)) t ON t.kind = 1) k;
	IF v_terminal_id IS NULL THEN
		RETURN '{}';
	END IF;

	PERFORM account_ensure(v_terminal_id, v_currency);

	SELECT array_agg(k.terminal_id || k.currency) INTO v_got
	FROM (SELECT a.terminal_id, a.currency
		FROM unnest(v_terminal_id, v_currency) AS i(terminal_id, currency)
		JOIN account a ON a.home = (i.terminal_id & 63)::smallint
			AND a.terminal_id = i.terminal_id AND a.currency = i.currency
		ORDER BY a.home, a.terminal_id, a.currency
		FOR UPDATE OF a SKIP LOCKED) k;

	RETURN (SELECT coalesce(array_agg(k.terminal_id), '{}')
		FROM (SELECT i.terminal_id
			FROM unnest(v_terminal_id, v_currency) AS i(terminal_id, currency)
			GROUP BY i.terminal_id
			HAVING bool_and(coalesce(i.terminal_id || i.currency = ANY (v_got), false))) k);
END
$$;
COMMENT ON FUNCTION tegata.transferee_lock(bigint[], text[], smallint[], text[])
	IS 'Locks the accounts of transferees who may only hold so much';
