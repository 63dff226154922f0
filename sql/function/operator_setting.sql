-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Changes a switch of table setting: maintenance (on, off), outbox (on, off),
-- swap_freeze_hours (0 to 720), sandbox (on, off; only while no value was issued
-- and no shop has a key: nothing of a trial is ever in a live database), sealing
-- (on, off; on only where there is a signing key that is valid).
--
-- Locks the setting, and waits for it.  Idempotent.
--
-- Outcomes in precedence: not_found, body_malformed, value_state (sandbox, sealing), ok.
CREATE OR REPLACE FUNCTION tegata.operator_setting(name text, value text, reason text,
	OUT outcome smallint, OUT note text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	outcome := CASE
		WHEN (name IN ('maintenance', 'outbox', 'sandbox', 'sealing', 'swap_freeze_hours')) IS NOT TRUE
			THEN outcome_code('not_found')
		WHEN (CASE name WHEN 'swap_freeze_hours' THEN value ~ '^([0-6]?[0-9]?[0-9]|7[01][0-9]|720)$'
			ELSE value IN ('on', 'off') END) IS NOT TRUE
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
		WHEN outcome_code('not_found') THEN 'settings are maintenance, outbox, sandbox, sealing (on, off), swap_freeze_hours (0 to 720)'
		WHEN outcome_code('body_malformed') THEN CASE name WHEN 'swap_freeze_hours'
			THEN 'hours, 0 to 720' ELSE 'on or off' END
		WHEN outcome_code('value_state') THEN CASE name WHEN 'sealing'
			THEN 'there is no signing key: seal key add' ELSE 'there are values or keys already; a sandbox is a database of its own' END
	END;
	IF outcome = 0 THEN
		UPDATE setting s SET value = operator_setting.value, changed_at = clock_timestamp()
		WHERE s.name = operator_setting.name;
	END IF;
	PERFORM operator_log('setting', jsonb_build_object('name', name, 'value', value), reason, outcome);
END
$$;
COMMENT ON FUNCTION tegata.operator_setting(text, text, text) IS 'Changes a switch';
