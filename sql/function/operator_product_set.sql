-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Makes a product or changes it.  An argument that is NULL leaves things as
-- they are; of a new product it takes the default of the column.  valid_days 0:
-- for ever; held_max 0 and pin_threshold -1: none.  policy: account, external.
-- recycle_rule: keep, lapse.
--
-- Locks the product, and waits for it.  Idempotent.
--
-- Outcomes in precedence: body_malformed (what the table's checks refuse, or a
-- new product without name or currency), request_conflict (another currency), ok.
CREATE OR REPLACE FUNCTION tegata.operator_product_set(code text, name text, currency text,
	amounts bigint[], min_amount bigint, max_amount bigint, step bigint, fee_fixed bigint,
	fee_permille int, valid_days int, policy text, held_max bigint, pin_threshold bigint,
	recycle_rule text, on_sale boolean, menu_position int, reason text,
	OUT outcome smallint, OUT note text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	v_currency text;
	v_column text;
	v_constraint text;
	v_amounts bigint[] := (SELECT array_agg(DISTINCT a ORDER BY a) FROM unnest(amounts) a);
BEGIN
	outcome := outcome_code('ok');
	SELECT p.currency INTO v_currency FROM product p
	WHERE p.code = operator_product_set.code FOR UPDATE;
	IF v_currency <> currency THEN
		outcome := outcome_code('request_conflict');
		note := 'a product''s currency never changes';
	-- It stands in menus and questions on phones: no line of its own, no turned direction.
	ELSIF name ~ '[\u0001-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]' THEN
		outcome := outcome_code('body_malformed');
		note := 'a name has no control characters';
	ELSE
		BEGIN
			IF v_currency IS NULL THEN
				INSERT INTO product (code, name, currency) VALUES (code, name, currency);
			END IF;
			UPDATE product p SET name = coalesce(operator_product_set.name, p.name),
				amounts = coalesce(v_amounts, CASE WHEN amounts = '{}' THEN amounts END, p.amounts),
				min_amount = coalesce(operator_product_set.min_amount, p.min_amount),
				max_amount = coalesce(operator_product_set.max_amount, p.max_amount),
				step = coalesce(operator_product_set.step, p.step),
				fee_fixed = coalesce(operator_product_set.fee_fixed, p.fee_fixed),
				fee_permille = coalesce(operator_product_set.fee_permille, p.fee_permille),
				valid_days = CASE valid_days WHEN 0 THEN NULL ELSE coalesce(valid_days, p.valid_days) END,
				policy = CASE policy WHEN 'account' THEN 1 WHEN 'external' THEN 2
					ELSE coalesce(length(policy) * 0, p.policy) END,
				held_max = CASE held_max WHEN 0 THEN NULL ELSE coalesce(held_max, p.held_max) END,
				pin_threshold = CASE pin_threshold WHEN -1 THEN NULL
					ELSE coalesce(pin_threshold, p.pin_threshold) END,
				recycle_rule = CASE recycle_rule WHEN 'keep' THEN 1 WHEN 'lapse' THEN 2
					ELSE coalesce(length(recycle_rule) * 0, p.recycle_rule) END,
				on_sale = coalesce(operator_product_set.on_sale, p.on_sale),
				position = coalesce(menu_position, p.position)
			WHERE p.code = operator_product_set.code;
		EXCEPTION WHEN check_violation OR not_null_violation THEN
			GET STACKED DIAGNOSTICS v_column = COLUMN_NAME, v_constraint = CONSTRAINT_NAME;
			outcome := outcome_code('body_malformed');
			note := CASE WHEN v_column <> '' THEN 'a new product needs a ' || v_column
				WHEN v_constraint = 'product_check' THEN 'free amounts need a smallest and a larger largest'
				ELSE 'no possible value for ' || regexp_replace(v_constraint, '^product_|_check$', '', 'g') END;
		END;
	END IF;
	PERFORM operator_log('product_set', jsonb_build_object('code', code, 'name', name,
		'currency', currency, 'amounts', amounts, 'min_amount', min_amount,
		'max_amount', max_amount, 'step', step, 'fee_fixed', fee_fixed,
		'fee_permille', fee_permille, 'valid_days', valid_days, 'policy', policy,
		'held_max', held_max, 'pin_threshold', pin_threshold, 'recycle_rule', recycle_rule,
		'on_sale', on_sale, 'position', menu_position), reason, outcome);
END
$$;
COMMENT ON FUNCTION tegata.operator_product_set(text, text, text, bigint[], bigint, bigint, bigint, bigint, int, int, text, bigint, bigint, text, boolean, int, text)
	IS 'Makes or changes a product';
