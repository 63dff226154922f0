-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Is the asker the owner (claim 25's determining means, claim 26)?  The stored
-- owner coincides with the asker or not; nothing else decides it.  State and
-- expiry are reported beside it.
--
-- An asker is a terminal (terminal_id), or with terminal_id 0 or NULL a shop by
-- the digest of its key, which must have the scope.  The database has the digest
-- of that digest: what stands in it is no credential on the link.
--
-- One row an asker with ord 0, and one row for each item that its asker owns, in
-- no order.  An item without a row is not owned by its asker, whether it exists
-- or not.
--
-- Locks nothing, writes nothing: for read-only connections too.
--
-- Outcomes of an asker in precedence:
--   unauthenticated     no such key, revoked, or expired
--   terminal_unknown | terminal_blocked | terminal_quarantined | terminal_retired
--   forbidden           the key lacks the scope
--   ok
CREATE OR REPLACE FUNCTION tegata.ownership_check(terminal_ids bigint[], key_digests bytea[],
	scopes text[], item_askers int[], item_value_ids bigint[])
RETURNS TABLE (asker int, ord int, outcome smallint, test boolean, terminal_id bigint,
	shop_code text, rate_per_s int, rate_burst int, spendable boolean, state smallint,
	amount bigint, currency text, expires_at timestamptz, owner_since timestamptz)
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
	v_first bigint := item_value_ids[1];
	v_last bigint := v_first;
	v_owner bigint[]; -- by place of the asker; 0: may not ask, and owns nothing
BEGIN
	IF (cardinality(terminal_ids) = cardinality(key_digests)
		AND cardinality(terminal_ids) = cardinality(scopes)
		AND cardinality(item_askers) = cardinality(item_value_ids)) IS NOT TRUE
	THEN
		PERFORM batch_check(cardinality(terminal_ids), cardinality(key_digests), cardinality(scopes));
		PERFORM batch_check(cardinality(item_askers), cardinality(item_value_ids));
	END IF;
	IF cardinality(item_value_ids) > 1 THEN
		SELECT min(i.value_id), max(i.value_id) INTO v_first, v_last
		FROM unnest(item_value_ids) AS i(value_id);
	END IF;

	FOR asker, outcome, test, terminal_id, shop_code, rate_per_s, rate_burst IN
		SELECT i.ord::int, CASE
				WHEN coalesce(i.terminal_id, 0) = 0 AND k.digest IS NULL
					THEN outcome_code('unauthenticated')
				-- What was frozen after a SIM swap may still be asked about.
				ELSE coalesce(nullif(actor_outcome(t.status, NULL, v_now), outcome_code('ok')), CASE
					WHEN k.digest IS NOT NULL AND (i.scope = ANY (k.scopes)) IS NOT TRUE
						THEN outcome_code('forbidden')
					ELSE outcome_code('ok')
				END)
			END,
			coalesce(k.test, false), t.terminal_id, CASE WHEN t.kind = 2 THEN t.address END,
			t.rate_per_s, t.rate_burst
		FROM unnest(terminal_ids, key_digests, scopes)
			WITH ORDINALITY AS i(terminal_id, digest, scope, ord)
		LEFT JOIN shop_key k ON coalesce(i.terminal_id, 0) = 0 AND k.digest = sha256(i.digest)
			AND k.revoked_at IS NULL AND (k.expires_at > v_now) IS NOT FALSE
		LEFT JOIN terminal t ON t.terminal_id = coalesce(k.terminal_id, i.terminal_id)
	LOOP
		ord := 0;
		v_owner[asker] := CASE WHEN outcome = 0 THEN terminal_id ELSE 0 END;
		RETURN NEXT;
	END LOOP;

	RETURN QUERY
	SELECT i.asker, i.ord, 0::smallint, NULL::boolean, v.owner_id, NULL::text, NULL::int, NULL::int,
		v.state = 1 AND (v.expires_at > v_now) IS NOT FALSE,
		CASE WHEN v.state = 1 AND v.expires_at <= v_now THEN 4::smallint ELSE v.state END,
		v.amount, v.currency, v.expires_at, v.owner_since
	-- One after the other from the arrays, where a function in FROM would store all of them first.
	FROM (SELECT unnest(item_askers) AS asker, unnest(item_value_ids) AS value_id,
			generate_series(1, cardinality(item_value_ids)) AS ord) i
	CROSS JOIN LATERAL (SELECT v.owner_id, v.state, v.amount, v.currency, v.expires_at, v.owner_since
		FROM value v
		WHERE v.home = ((i.value_id >> 42) & 63)::smallint AND v.value_id = i.value_id
			AND v.value_id BETWEEN v_first AND v_last -- other months are not opened
			AND v.owner_id = v_owner[i.asker]
		-- Item by item: a range that looks short to the planner is not read for all of them.
		OFFSET 0) v;
END
$$;
COMMENT ON FUNCTION tegata.ownership_check(bigint[], bytea[], text[], int[], bigint[])
	IS 'Is the asker the stored owner? Many askers, many values';
