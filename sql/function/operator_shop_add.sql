-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Adds a shop, or changes its name and rates.  rate_per_s: items a second it
-- may ask; rate_burst: at once; 0: the gateway's default; NULL: as it is.
--
-- Locks the shop, and waits for it.  Idempotent.
--
-- Outcomes in precedence: number_malformed (a code has 4 to 6 digits, and
-- none that a phone would take for a national prefix: no 0 in front),
-- body_malformed (name, rates), again (made by another session), ok.
CREATE OR REPLACE FUNCTION tegata.operator_shop_add(code text, name text, rate_per_s int,
	rate_burst int, reason text, OUT outcome smallint, OUT note text, OUT terminal_id bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	v_shop terminal;
BEGIN
	SELECT * INTO v_shop FROM terminal t WHERE t.address = code AND t.status IN (1, 2) FOR UPDATE;
	outcome := outcome_code('ok');
	terminal_id := v_shop.terminal_id;
	IF code IS NULL OR code !~ '^[1-9][0-9]{3,5}$' THEN
		outcome := outcome_code('number_malformed');
		note := 'a shop code has 4 to 6 digits and does not begin with 0';
	ELSIF octet_length(coalesce(name, v_shop.name, '')) NOT BETWEEN 1 AND 64 OR rate_per_s < 0
		OR rate_burst < 0 THEN
		outcome := outcome_code('body_malformed');
		note := 'a name has 1 to 64 octets, rates are not negative';
	-- It stands in questions on phones: no line of its own, no turned direction.
	ELSIF name ~ '[\u0001-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]' THEN
		outcome := outcome_code('body_malformed');
		note := 'a name has no control characters';
	ELSIF terminal_id IS NULL THEN
		terminal_id := terminal_make(2::smallint, code, NULL, name, NULL);
		IF terminal_id IS NULL THEN
			outcome := outcome_code('again');
		END IF;
	END IF;
	IF outcome = 0 THEN
		UPDATE terminal t SET name = coalesce(operator_shop_add.name, t.name),
			rate_per_s = nullif(coalesce(operator_shop_add.rate_per_s, t.rate_per_s), 0),
			rate_burst = nullif(coalesce(operator_shop_add.rate_burst, t.rate_burst), 0)
		WHERE t.terminal_id = operator_shop_add.terminal_id;
	END IF;
	PERFORM operator_log('shop_add', jsonb_build_object('code', code, 'name', name,
		'rate_per_s', rate_per_s, 'rate_burst', rate_burst), reason, outcome, terminal_id);
END
$$;
COMMENT ON FUNCTION tegata.operator_shop_add(text, text, int, int, text) IS 'Adds or changes a shop';
