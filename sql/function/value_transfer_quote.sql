-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What value_transfer would answer now, to be shown before a person confirms.
-- Locks nothing, writes nothing; another's uncommitted transfer is not seen.
-- needs_pin: the value's product asks for a PIN from this amount on.
--
-- Outcomes: those of value_transfer in its precedence, without the request's
-- (the first answer, request_conflict) and without again.
CREATE OR REPLACE FUNCTION tegata.value_transfer_quote(terminal_ids bigint[], value_ids bigint[],
	transferees text[], guards_s int[])
RETURNS TABLE (ord int, outcome smallint, at timestamptz, amount bigint, currency text,
	transferee_id bigint, transferee_kind smallint, transferee text, transferee_name text,
	needs_pin boolean)
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
	v_n int := cardinality(terminal_ids);
	v_now timestamptz := clock_timestamp();
	v_maintenance boolean := setting_on('maintenance');
	v_first bigint;
	v_request_id uuid[] := array_fill('00000000-0000-0000-0000-000000000000'::uuid, ARRAY[v_n]);
	v_zero bigint[] := array_fill(0::bigint, ARRAY[v_n]);
	v_empty text[] := array_fill(''::text, ARRAY[v_n]);
	v_version int[];
	v_product smallint[];
	v_state smallint[];
	v_amount bigint[];
	v_currency text[];
	v_expires timestamptz[];
BEGIN
	IF (v_n = cardinality(value_ids) AND v_n = cardinality(transferees)
		AND v_n = cardinality(guards_s)) IS NOT TRUE
	THEN
		PERFORM batch_check(v_n, cardinality(value_ids), cardinality(transferees),
			cardinality(guards_s));
	END IF;
	v_first := (SELECT min(i.value_id) FROM unnest(value_ids) AS i(value_id));
	SELECT array_agg(k.version), array_agg(k.product_id), array_agg(k.state),
		array_agg(k.amount), array_agg(k.currency), array_agg(k.expires_at)
	INTO v_version, v_product, v_state, v_amount, v_currency, v_expires
	FROM transfer_values(terminal_ids, value_ids, v_first) k;

	RETURN QUERY
	SELECT d.ord, d.outcome, CASE WHEN d.outcome = outcome_code('repeat_suspected') THEN d.at END,
		d.amount, d.currency, d.te_id, CASE WHEN d.owned THEN d.te_kind END, d.te_address, d.te_name,
		coalesce(d.owned AND d.amount >= d.pin_threshold, false)
	FROM (SELECT i.*, p.pin_threshold, CASE
			WHEN i.early IS NOT NULL THEN i.early
			WHEN i.te_kind = 1 AND p.held_max IS NOT NULL AND i.amount > p.held_max -
				(SELECT coalesce(sum(v.amount), 0) FROM value v
				WHERE v.owner_id = i.te_id AND v.currency = i.currency AND v.state IN (0, 1, 2)
				AND (v.expires_at > v_now) IS NOT FALSE)
				THEN outcome_code('held_exceeded')
			ELSE outcome_code('ok')
		END AS outcome
		FROM transfer_verdict(v_now, v_maintenance, v_request_id,
			terminal_ids, value_ids, v_zero, transferees, v_empty, guards_s, v_empty, NULL,
			v_version, v_product, v_state, v_amount, v_currency, v_expires, NULL, NULL) i
		LEFT JOIN product p ON p.product_id = i.product_id) d
	ORDER BY d.ord;
END
$$;
COMMENT ON FUNCTION tegata.value_transfer_quote(bigint[], bigint[], text[], int[])
	IS 'What a transfer would do: the same decisions, nothing locked or changed';
