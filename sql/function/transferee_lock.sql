-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Locks the accounts of portable transferees, in the currency of what they are
-- to receive, where its product limits what may be held: two sessions that hand
-- value to one terminal then see each other's.  Accounts that are missing are
-- made first.
--
-- Locks: accounts in the order of their key, skipping those that somebody else
-- has locked.  Returns the terminals whose accounts are all locked by us.
CREATE OR REPLACE FUNCTION tegata.transferee_lock(value_ids bigint[], transferee_ids bigint[],
	transferees text[], locked_rows boolean[]) RETURNS bigint[]
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
	FROM (SELECT DISTINCT t.terminal_id, v.currency
		FROM unnest(value_ids, transferee_ids,
			transferees, locked_rows)
			AS i(value_id, transferee_id, transferee, locked)
		JOIN value v ON v.home = ((i.value_id >> 42) & 63)::smallint AND v.value_id = i.value_id
		JOIN product p ON p.product_id = v.product_id AND p.held_max IS NOT NULL
		JOIN LATERAL (
			SELECT t.terminal_id, t.kind FROM terminal t WHERE t.terminal_id = i.transferee_id
			UNION ALL
			SELECT t.terminal_id, t.kind FROM terminal t
			WHERE coalesce(i.transferee_id, 0) = 0 AND t.address = i.transferee
				AND t.status IN (1, 2)) t ON t.kind = 1
		WHERE i.locked) k;
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
COMMENT ON FUNCTION tegata.transferee_lock(bigint[], bigint[], text[], boolean[])
	IS 'Locks the accounts of transferees who may only hold so much';
