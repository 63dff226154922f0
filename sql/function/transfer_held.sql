-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- For each transfer of a batch whether what the transferee may hold allows it:
-- ok, held_exceeded, or again where his account is not among those locked, or
-- where something else is against the transfer at this moment.  Of several to
-- one transferee those fit that come first.  Locks nothing.
CREATE OR REPLACE FUNCTION tegata.transfer_held(now timestamptz, maintenance boolean,
	request_ids uuid[], terminal_ids bigint[], value_ids bigint[],
	transferee_ids bigint[], transferees text[], refs text[],
	guards_s int[], links text[], tids tid[], versions int[], products smallint[], states smallint[],
	amounts bigint[], currencies text[], expiries timestamptz[], seconds boolean[],
	held_locked bigint[]) RETURNS smallint[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	RETURN ARRAY(
		WITH i AS (
			SELECT i.ord, i.amount, i.currency, i.te_id, i.early,
				CASE WHEN i.early IS NULL AND i.te_kind = 1 THEN p.held_max END AS held_max
			FROM transfer_verdict(now, maintenance, request_ids, terminal_ids,
				value_ids, transferee_ids, transferees, refs, guards_s, links, tids, versions,
				products, states, amounts, currencies, expiries, seconds, NULL) i
			LEFT JOIN product p ON p.product_id = i.product_id
		), j AS (
			SELECT i.*, i.held_max IS NOT NULL AND coalesce(i.te_id = ANY (held_locked), false) AS asked,
				CASE WHEN i.held_max IS NOT NULL THEN i.held_max -
					(SELECT coalesce(sum(v.amount), 0)::bigint FROM value v
					WHERE v.owner_id = i.te_id AND v.currency = i.currency AND v.state IN (0, 1, 2)
					AND (v.expires_at > now) IS NOT FALSE) END AS room
			FROM i
		)
		SELECT CASE
			WHEN j.early IS NOT NULL THEN outcome_code('again')
			WHEN j.held_max IS NULL THEN outcome_code('ok')
			WHEN NOT j.asked THEN outcome_code('again')
			WHEN (fit(j.amount, j.room, 0, 0) FILTER (WHERE j.asked)
				OVER (PARTITION BY j.te_id, j.currency ORDER BY j.ord))[3] = 1
				THEN outcome_code('held_exceeded')
			ELSE outcome_code('ok')
		END
		FROM j ORDER BY j.ord);
END
$$;
COMMENT ON FUNCTION tegata.transfer_held(timestamptz, boolean, uuid[], bigint[], bigint[], bigint[], text[], text[], int[], text[], tid[], int[], smallint[], smallint[], bigint[], text[], timestamptz[], boolean[], bigint[])
	IS 'Whether what transferees may hold allows the transfers of a batch';
