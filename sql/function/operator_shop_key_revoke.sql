-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Revokes the key of a shop that has this label, from the next check on.
--
-- Locks the key, and waits for it.  Idempotent: without such a key the answer
-- is not_found.
--
-- Outcomes in precedence: terminal_unknown (no such shop), not_found, ok.
CREATE OR REPLACE FUNCTION tegata.operator_shop_key_revoke(code text, label text, reason text,
	OUT outcome smallint, OUT note text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	v_id bigint;
BEGIN
	SELECT t.terminal_id INTO v_id FROM terminal t
	WHERE t.address = code AND t.kind = 2 AND t.status IN (1, 2);
	IF v_id IS NULL THEN
		outcome := outcome_code('terminal_unknown');
	ELSE
		UPDATE shop_key k SET revoked_at = clock_timestamp()
		WHERE k.terminal_id = v_id AND k.label = operator_shop_key_revoke.label
			AND k.revoked_at IS NULL;
		outcome := CASE WHEN FOUND THEN outcome_code('ok') ELSE outcome_code('not_found') END;
	END IF;
	PERFORM operator_log('shop_key_revoke', jsonb_build_object('code', code, 'label', label),
		reason, outcome, v_id);
END
$$;
COMMENT ON FUNCTION tegata.operator_shop_key_revoke(text, text, text) IS 'Revokes a shop''s key';
