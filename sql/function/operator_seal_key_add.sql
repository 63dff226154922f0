-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- Lets history be sealed by a key from now on.  The private key stays where the
-- manager has it.
--
-- Locks nothing.  The same key again is refused.
--
-- Outcomes in precedence: body_malformed, request_conflict, ok.
CREATE OR REPLACE FUNCTION tegata.operator_seal_key_add(public_key bytea, label text, reason text,
	OUT outcome smallint, OUT note text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, tegata, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
	v_id bytea := substr(sha256(public_key), 1, 8);
BEGIN
	outcome := outcome_code('ok');
	IF (octet_length(public_key) = 32 AND octet_length(label) BETWEEN 1 AND 64) IS NOT TRUE THEN
		outcome := outcome_code('body_malformed');
		note := 'a key has 32 octets, a label 1 to 64';
	ELSE
		INSERT INTO signing_key (key_id, public_key, label) VALUES (v_id, public_key, label)
		ON CONFLICT (key_id) DO NOTHING;
		IF NOT FOUND THEN
			outcome := outcome_code('request_conflict');
			note := 'this key was added before';
		END IF;
	END IF;
	PERFORM operator_log('seal_key_add', jsonb_build_object('key_id', encode(v_id, 'hex'),
		'label', label), reason, outcome);
END
$$;
COMMENT ON FUNCTION tegata.operator_seal_key_add(bytea, text, text) IS 'Lets history be sealed by a key';
