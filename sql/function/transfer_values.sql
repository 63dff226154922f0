-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What transfer_verdict has to know about values: a row for each, in their order,
-- NULL where the terminal does not own it.  Locks nothing; inlined by the planner.
--
-- first_id: the smallest of value_ids; months before it are not opened.  (With the
-- largest beside it the planner takes the two for a narrow range, and reads that
-- range of an index where the keys are at hand.)
CREATE OR REPLACE FUNCTION tegata.transfer_values(terminal_ids bigint[], value_ids bigint[],
	first_id bigint)
RETURNS TABLE (version int, product_id smallint, state smallint, amount bigint, currency text,
	expires_at timestamptz)
LANGUAGE sql STABLE
AS $$
	SELECT v.version, v.product_id, v.state, v.amount, v.currency, v.expires_at
	FROM unnest(terminal_ids, value_ids) WITH ORDINALITY AS i(terminal_id, value_id, ord)
	LEFT JOIN tegata.value v ON v.home = ((i.value_id >> 42) & 63)::smallint
		AND v.value_id = i.value_id AND v.owner_id = i.terminal_id AND v.value_id >= first_id
	ORDER BY i.ord
$$;
COMMENT ON FUNCTION tegata.transfer_values(bigint[], bigint[], bigint) IS 'The values that terminals own, for a verdict';
