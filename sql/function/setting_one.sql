-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- operator_setting, and what an approval does.  approval_id: as in operator_log.
CREATE OR REPLACE FUNCTION tegata.setting_one(name text, value text, reason text, approval_id bigint,
	OUT outcome smallint, OUT note text)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	v_arguments jsonb := jsonb_build_object('name', name, 'value', value);
	v_kind text := CASE
		WHEN name IN ('maintenance', 'outbox', 'receipts', 'sandbox', 'sealing') THEN 'switch'
		WHEN name = 'swap_freeze_hours' THEN 'hours'
		WHEN name IN ('approval_hours', 'receipts_hours') THEN 'some hours'
		WHEN name ~ '^(approval|top_up_max)_[A-Z]{3}$' THEN 'amount'
	END;
BEGIN
	outcome := CASE
		WHEN v_kind IS NULL THEN outcome_code('not_found')
		WHEN (CASE v_kind WHEN 'switch' THEN value IN ('on', 'off')
			WHEN 'hours' THEN value ~ '^([0-6]?[0-9]?[0-9]|7[01][0-9]|720)$'
			WHEN 'some hours' THEN value ~ '^([1-9]|[1-6]?[1-9][0-9]|[1-6]0[0-9]|7[01][0-9]|720)$'
			ELSE value = 'off' OR value ~ '^[0-9]{1,15}$' END) IS NOT TRUE
			THEN outcome_code('body_malformed')
		WHEN name = 'sandbox' AND value <> (SELECT s.value FROM setting s WHERE s.name = 'sandbox')
			AND (EXISTS (SELECT FROM value) OR EXISTS (SELECT FROM shop_key))
			THEN outcome_code('value_state')
		WHEN name = 'sealing' AND value = 'on' AND NOT EXISTS (SELECT FROM signing_key k
				WHERE k.valid_from <= clock_timestamp()
				AND (k.valid_until > clock_timestamp()) IS NOT FALSE)
			THEN outcome_code('value_state')
		ELSE outcome_code('ok')
	END;
	note := CASE outcome
		WHEN outcome_code('not_found') THEN 'settings are maintenance, outbox, receipts, sandbox, sealing (on, off), swap_freeze_hours (0 to 720), approval_hours, receipts_hours (1 to 720), approval_<currency>, top_up_max_<currency>'
		WHEN outcome_code('body_malformed') THEN CASE v_kind WHEN 'switch' THEN 'on or off'
			WHEN 'hours' THEN 'hours, 0 to 720' WHEN 'some hours' THEN 'hours, 1 to 720'
			ELSE 'an amount, or off' END
		WHEN outcome_code('value_state') THEN CASE name WHEN 'sealing' THEN 'there is no signing key: seal key add'
			ELSE 'there are values or keys already; a sandbox is a database of its own' END
	END;
	-- Else one operator would lift the limit, and then do what it is about.
	IF outcome = 0 AND ((v_kind <> 'switch' AND name <> 'receipts_hours') OR (name = 'sealing' AND value = 'off'))
		AND approval_id IS NULL AND approval_on() THEN
		outcome := outcome_code('pending');
		note := approval_ask('setting', v_arguments, reason, NULL);
		RETURN;
	END IF;
	IF outcome = 0 AND v_kind = 'amount' AND value = 'off' THEN
		DELETE FROM setting s WHERE s.name = setting_one.name;
	ELSIF outcome = 0 THEN
		INSERT INTO setting AS s (name, value) VALUES (name, value)
		ON CONFLICT ON CONSTRAINT setting_pkey
		DO UPDATE SET value = excluded.value, changed_at = clock_timestamp();
	END IF;
	PERFORM operator_log('setting', v_arguments, reason, outcome, approval_id => approval_id);
END
$$;
COMMENT ON FUNCTION tegata.setting_one(text, text, text, bigint) IS 'Changes one setting';
