-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What a receipt speaks of, as table outbox keeps it and outbox_take answers it.
-- What is NULL is left out.  Locks nothing; inlined by the planner.
CREATE OR REPLACE FUNCTION tegata.receipt_arguments(value_id bigint, amount bigint, fee bigint,
	currency text, expires_at timestamptz, at timestamptz, giver text, taker text, taker_name text,
	reference text) RETURNS jsonb
LANGUAGE sql STABLE
RETURN jsonb_strip_nulls(jsonb_build_object('value_id', value_id::text, 'amount', amount,
	'fee', fee, 'currency', currency, 'expires_at', extract(epoch FROM expires_at)::bigint,
	'at', extract(epoch FROM at)::bigint, 'from', giver, 'to', taker, 'name', taker_name,
	'reference', nullif(reference, '')));
COMMENT ON FUNCTION tegata.receipt_arguments(bigint, bigint, bigint, text, timestamptz, timestamptz, text, text, text, text)
	IS 'What the text of a receipt speaks of';
