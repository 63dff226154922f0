-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Changes a row of table setting:
--
--   maintenance, outbox,
--   receipts                  on, off
--   sandbox                   on, off; only while no value was issued and no shop has
--                             a key: nothing of a trial is ever in a live database
--   sealing                   on, off; on only where there is a signing key that is valid
--   swap_freeze_hours         0 to 720
--   approval_hours,
--   receipts_hours            1 to 720
--   approval_<currency>       minor units: above it a second operator is asked for
--   top_up_max_<currency>     minor units: the largest single top-up; both: off
--
-- While there is any limit for approval, hours, amounts and switching the sealing off
-- wait for a second operator too.
--
-- Locks the setting, and waits for it.  Idempotent.
--
-- Outcomes in precedence: not_found, body_malformed, value_state (sandbox,
-- sealing), pending (waits for approval), ok.
CREATE OR REPLACE FUNCTION tegata.operator_setting(name text, value text, reason text,
	OUT outcome smallint, OUT note text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
BEGIN
	SELECT o.outcome, o.note INTO operator_setting.outcome, operator_setting.note
	FROM setting_one(name, value, reason, NULL) o;
END
$$;
COMMENT ON FUNCTION tegata.operator_setting(text, text, text) IS 'Changes a switch or a limit';
