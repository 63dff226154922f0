-- SPDX-License-Identifier: AGPL-3.0-or-later
--
-- What operators wrote, for auditors: a number of 14 or 15 digits, as IMSIs are, is
-- cut to network and last two digits; what looks like a key or a digest goes.
CREATE OR REPLACE FUNCTION tegata.text_redact(text text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN regexp_replace(regexp_replace(text, '(?<![0-9])([0-9]{5})[0-9]{7,8}([0-9]{2})(?![0-9])',
		'\1********\2', 'g'),
	'(tgk_[a-z]+_)?[0-9A-Fa-f]{40,}', '(removed)', 'g');
COMMENT ON FUNCTION tegata.text_redact(text) IS 'A text without IMSIs and keys';

-- An act's arguments, for auditors: no key or digest, of an IMSI network and last two
-- digits.  Here, because it needs the other one to be there.
CREATE OR REPLACE FUNCTION tegata.arguments_redact(arguments jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT jsonb_object_agg(a.key, CASE
		WHEN a.key = 'imsi' THEN to_jsonb(left(a.value #>> '{}', 5) || '********' || right(a.value #>> '{}', 2))
		WHEN jsonb_typeof(a.value) = 'string' AND a.key NOT IN ('number', 'from', 'to')
			THEN to_jsonb(tegata.text_redact(a.value #>> '{}'))
		ELSE a.value END)
	FROM jsonb_each(arguments) a WHERE a.key NOT IN ('digest', 'public_key'));
COMMENT ON FUNCTION tegata.arguments_redact(jsonb) IS 'Arguments of an act without IMSIs and digests';
