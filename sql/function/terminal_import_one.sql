-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- One row of operator_terminal_import.  approval_id: as in operator_log.
CREATE OR REPLACE FUNCTION tegata.terminal_import_one(number text, imsi text, mode text,
	credit_limit bigint, language text, currency text, reason text,
	approval_id bigint, OUT outcome smallint, OUT note text, OUT terminal_id bigint)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
DECLARE
	v_imsi text := nullif(imsi, '');
	v_language text := nullif(language, '');
	v_currency text := nullif(currency, '');
	v_mode smallint := CASE mode WHEN 'prepaid' THEN 1 WHEN 'postpaid' THEN 2 END;
	v_holder terminal;
	v_other bigint;
	v_arguments jsonb := jsonb_build_object('number', number, 'imsi', v_imsi, 'mode', mode,
		'credit_limit', credit_limit, 'language', v_language, 'currency', v_currency);
BEGIN
	SELECT * INTO v_holder FROM terminal t WHERE t.address = number AND t.status IN (1, 2) FOR UPDATE;
	SELECT t.terminal_id INTO v_other FROM terminal t WHERE t.imsi = v_imsi AND t.status <> 4;
	outcome := outcome_code('ok');
	terminal_id := v_holder.terminal_id;

	IF number IS NULL OR number !~ '^[1-9][0-9]{6,14}$' OR v_imsi !~ '^[0-9]{6,15}$' THEN
		outcome := outcome_code('number_malformed');
		note := 'not an E.164 number without +, or not an IMSI';
	ELSIF (v_mode IS NULL AND mode <> '') OR credit_limit NOT BETWEEN 0 AND 1000000000000000
		OR length(v_language) NOT BETWEEN 2 AND 8 OR v_currency !~ '^[A-Z]{3}$' THEN
		outcome := outcome_code('body_malformed');
		note := 'mode is prepaid or postpaid, credit limit 0 to 10^15, language 2 to 8 letters, currency ISO 4217';
	ELSIF v_other IS NOT NULL AND v_other IS DISTINCT FROM v_holder.terminal_id THEN
		outcome := outcome_code('request_conflict');
		note := 'the IMSI belongs to another terminal';
	ELSIF v_imsi <> v_holder.imsi THEN
		outcome := outcome_code('request_conflict');
		note := 'the number is bound to another IMSI: say swap or recycle';
	ELSIF approval_misses(approval_id, v_holder.terminal_id) THEN
		outcome := outcome_code('request_conflict');
		note := 'the number belongs to another terminal by now';
	-- Whose SIM it is has what is there, as by a swap.
	ELSIF approval_id IS NULL AND (credit_is_weighty(v_holder.terminal_id, v_currency, credit_limit)
		OR (v_holder.imsi IS NULL AND v_imsi IS NOT NULL AND terminal_is_weighty(v_holder.terminal_id))) THEN
		outcome := outcome_code('pending');
		note := approval_ask('terminal_import', v_arguments, reason, v_holder.terminal_id);
		RETURN;
	ELSIF v_holder.terminal_id IS NULL THEN
		terminal_id := terminal_make(1::smallint, number, v_imsi, NULL, v_language);
		note := 'added';
		IF terminal_id IS NULL THEN
			outcome := outcome_code('again');
			note := 'made by another session at this moment';
		END IF;
	ELSE
		UPDATE terminal t
		SET imsi = coalesce(v_imsi, t.imsi), language = coalesce(v_language, t.language),
			imsi_bound_at = CASE WHEN t.imsi IS NULL AND v_imsi IS NOT NULL
				THEN clock_timestamp() ELSE t.imsi_bound_at END
		WHERE t.terminal_id = v_holder.terminal_id;
		note := 'updated';
	END IF;

	IF outcome = 0 THEN
		INSERT INTO account AS a (home, terminal_id, currency, mode, credit_limit)
		SELECT DISTINCT (terminal_import_one.terminal_id & 63)::smallint,
			terminal_import_one.terminal_id, c.currency, coalesce(v_mode, 1::smallint),
			coalesce(terminal_import_one.credit_limit, 0)
		FROM (SELECT v_currency AS currency WHERE v_currency IS NOT NULL
			UNION ALL
			SELECT p.currency FROM product p WHERE p.on_sale AND v_currency IS NULL) c
		ON CONFLICT ON CONSTRAINT account_pkey DO UPDATE
		SET mode = coalesce(v_mode, a.mode),
			credit_limit = coalesce(terminal_import_one.credit_limit, a.credit_limit);
	END IF;
	PERFORM operator_log('terminal_import', v_arguments, reason, outcome, terminal_id,
		approval_id => approval_id);
END
$$;
COMMENT ON FUNCTION tegata.terminal_import_one(text, text, text, bigint, text, text, text, bigint)
	IS 'Adds or updates one terminal';
