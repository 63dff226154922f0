-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What is on sale, in the order of menus.  Locks nothing.  pin_threshold: from this
-- amount on a PIN is asked for, NULL: never; asks_pin: is there any product, on sale
-- or not, that asks for one?
CREATE OR REPLACE FUNCTION tegata.product_list()
RETURNS TABLE (code text, name text, currency text, amounts bigint[], min bigint, max bigint,
	step bigint, fee_fixed bigint, fee_permille int, pin_threshold bigint, asks_pin boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT p.code, p.name, p.currency, p.amounts, p.min_amount, p.max_amount, p.step,
		p.fee_fixed, p.fee_permille, p.pin_threshold,
		EXISTS (SELECT FROM product o WHERE o.pin_threshold IS NOT NULL)
	FROM product p WHERE p.on_sale ORDER BY p.position, p.code;
END
$$;
COMMENT ON FUNCTION tegata.product_list() IS 'Products on sale, in menu order';
