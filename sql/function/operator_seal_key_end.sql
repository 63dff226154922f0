-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Ends a signing key: no seal is taken from it from now on.  What it sealed
-- stays sealed.
--
-- Locks the key's row, and waits for it.  Idempotent: an end stays when it was.
--
-- Outcomes in precedence: not_found, ok.
CREATE OR REPLACE FUNCTION tegata.operator_seal_key_end(key_id text, reason text,
	OUT outcome smallint, OUT note text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
	UPDATE signing_key k SET valid_until = coalesce(k.valid_until, clock_timestamp())
	WHERE encode(k.key_id, 'hex') = lower(operator_seal_key_end.key_id);
	outcome := CASE WHEN FOUND THEN outcome_code('ok') ELSE outcome_code('not_found') END;
	note := CASE WHEN outcome <> 0 THEN 'there is no such key' END;
	PERFORM operator_log('seal_key_end', jsonb_build_object('key_id', key_id), reason, outcome);
END
$$;
COMMENT ON FUNCTION tegata.operator_seal_key_end(text, text) IS 'Ends a signing key';
