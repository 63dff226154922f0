-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- An amount is allowed where it is one of those offered, or between minimum and
-- maximum (0: there are no free amounts) and a multiple of the step.  Inlined.
CREATE OR REPLACE FUNCTION tegata.product_allows(amounts bigint[], min_amount bigint,
	max_amount bigint, step bigint, amount bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN amount = ANY (amounts)
	OR (max_amount > 0 AND amount BETWEEN min_amount AND max_amount AND amount % step = 0);
COMMENT ON FUNCTION tegata.product_allows(bigint[], bigint, bigint, bigint, bigint) IS 'Does a product allow this amount?';
