-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- All products with all their rules, those off sale too, in menu order.
-- Amounts in minor units.  Locks nothing; being asked is not journalled.
CREATE OR REPLACE FUNCTION tegata.operator_product_list()
RETURNS TABLE (code text, name text, currency text, amounts bigint[], min bigint, max bigint,
	step bigint, fee bigint, fee_permille int, valid_days int, charging text, held_max bigint,
	pin_threshold bigint, recycle_rule text, on_sale boolean, "position" int)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	RETURN QUERY
	SELECT p.code, p.name, p.currency, p.amounts, p.min_amount, p.max_amount, p.step, p.fee_fixed,
		p.fee_permille, p.valid_days, (ARRAY['account', 'external'])[p.policy], p.held_max,
		p.pin_threshold, (ARRAY['keep', 'lapse'])[p.recycle_rule], p.on_sale, p.position
	FROM product p ORDER BY p.position, p.code;
END
$$;
COMMENT ON FUNCTION tegata.operator_product_list() IS 'Every product and its rules';
