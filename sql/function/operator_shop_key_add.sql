-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Adds a key of a shop, by its SHA-256, of which the SHA-256 is stored.  scopes:
-- check, transfer, convert, events.  expires_at NULL: no end.
--
-- Locks nothing; waits for another session that adds the same key.
-- Idempotent: the same again is ok.
--
-- Outcomes in precedence: terminal_unknown (no such shop), body_malformed (a
-- digest has 32 octets, a label 1 to 64, scopes as above, an end that is past),
-- request_conflict (the digest exists otherwise, or the label names another key
-- that is not revoked), ok.
CREATE OR REPLACE FUNCTION tegata.operator_shop_key_add(code text, digest bytea, label text,
	test boolean, scopes text[], expires_at timestamptz, reason text,
	OUT outcome smallint, OUT note text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	v_id bigint;
	-- Of another length it is none, which the table's check says.
	v_digest bytea := CASE WHEN octet_length(digest) = 32 THEN sha256(digest) ELSE digest END;
BEGIN
	SELECT t.terminal_id INTO v_id FROM terminal t
	WHERE t.address = code AND t.kind = 2 AND t.status IN (1, 2);
	outcome := outcome_code('ok');
	IF v_id IS NULL THEN
		outcome := outcome_code('terminal_unknown');
	ELSIF coalesce(test, false) <> setting_on('sandbox') THEN
		outcome := outcome_code('body_malformed');
		note := CASE WHEN test THEN 'a test key belongs to a sandbox, and this database is live'
			ELSE 'this database is a sandbox: only test keys' END;
	ELSIF expires_at <= clock_timestamp() THEN
		outcome := outcome_code('body_malformed');
		note := 'it would have expired already';
	ELSIF EXISTS (SELECT FROM shop_key k WHERE k.digest = v_digest
		AND k.terminal_id = v_id AND k.label = operator_shop_key_add.label
		AND k.revoked_at IS NULL AND k.test = coalesce(operator_shop_key_add.test, false)
		AND k.scopes = operator_shop_key_add.scopes
		AND k.expires_at IS NOT DISTINCT FROM operator_shop_key_add.expires_at) THEN
		note := 'it is so already';
	ELSE
		BEGIN
			INSERT INTO shop_key (digest, terminal_id, label, test, scopes, expires_at)
			VALUES (v_digest, v_id, label, coalesce(test, false), scopes, expires_at);
		EXCEPTION
			WHEN unique_violation THEN
				outcome := outcome_code('request_conflict');
				note := 'the key exists, or the label names another key';
			WHEN check_violation OR not_null_violation THEN
				outcome := outcome_code('body_malformed');
				note := 'a digest has 32 octets, a label 1 to 64, scopes are check, transfer, convert, events';
		END;
	END IF;
	PERFORM operator_log('shop_key_add', jsonb_build_object('code', code,
		'digest', encode(v_digest, 'hex'), 'label', label, 'test', test, 'scopes', scopes,
		'expires_at', expires_at), reason, outcome, v_id);
END
$$;
COMMENT ON FUNCTION tegata.operator_shop_key_add(text, bytea, text, boolean, text[], timestamptz, text)
	IS 'Adds a shop''s key';
