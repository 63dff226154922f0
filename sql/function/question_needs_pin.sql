-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Must a PIN still be typed before this question counts as agreed to?  From its
-- product's threshold on, and not where one was right already.  Locks nothing.
CREATE OR REPLACE FUNCTION tegata.question_needs_pin(q tegata.question) RETURNS boolean
LANGUAGE sql STABLE
AS $$
	SELECT q.pin_at IS NULL AND CASE q.kind
		WHEN 1 THEN (SELECT (q.arguments->>'amount')::bigint >= p.pin_threshold FROM tegata.product p
			WHERE p.code = q.arguments->>'product')
		ELSE (SELECT v.amount >= p.pin_threshold FROM tegata.value v
			JOIN tegata.product p ON p.product_id = v.product_id
			WHERE v.home = (((q.arguments->>'value_id')::bigint >> 42) & 63)::smallint
				AND v.value_id = (q.arguments->>'value_id')::bigint)
		END IS TRUE
$$;
COMMENT ON FUNCTION tegata.question_needs_pin(tegata.question) IS 'Must a PIN be typed before this counts as agreed to?';
