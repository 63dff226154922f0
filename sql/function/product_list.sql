-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What is on sale, in the order of menus.  Locks nothing.
CREATE OR REPLACE FUNCTION tegata.product_list()
RETURNS TABLE (code text, name text, currency text, amounts bigint[], min bigint, max bigint,
	step bigint, fee_fixed bigint, fee_permille int)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT p.code, p.name, p.currency, p.amounts, p.min_amount, p.max_amount, p.step,
		p.fee_fixed, p.fee_permille
	FROM product p WHERE p.on_sale ORDER BY p.position, p.code;
END
$$;
COMMENT ON FUNCTION tegata.product_list() IS 'Products on sale, in menu order';
